"""The programs that verify our books, and small books for them."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import realization
from beancount.core.data import Open
from sqlalchemy.orm import Session

from commissions import exports, ledger
from commissions.models import Program
from commissions.money import to_minor
from commissions.tiers import Tier
from tests.factories import make_plan, make_program
from tests.missing import missing
from tests.story import Story

Export = Callable[[Session, Sequence[Program]], Iterator[str]]
Sums = dict[str, int]

OWED = {"accrued", "payable", "in_payout"}
PLAN = make_plan(tiers=(Tier("distributor", 1, 300),), override_bps=200)
CODES = [
    *("mai", "Mai", "MAI", "m-ai", "m--ai", "m-ai-", "-mai", "m ai", "m  ai", " mai", "mai "),
    *("m_ai", "m.ai", "m:ai", "m;ai", "m,ai", "m%ai", "m%3Bai", "m|ai", "m--20-ai", "M--20-ai"),
    *('m"ai', "m\\ai", "m\\", "(mai)", "[mai]", "*", "!", "; mai", "1st", "½", "²", "²-a", "²a"),
    *("hồng", "Hồng", "ho\N{COMBINING CIRCUMFLEX ACCENT}ng", "\N{ROSE}", "\N{ANGSTROM SIGN}", "Å"),
    *("Partner-mai", "Accrued", "date:2020-01-01", "type:X", "花", "٣", "3"),
]
"""Codes that fall on one name, or on none, where a mapping just drops or replaces signs."""


# The other programs.


@dataclass(frozen=True)
class Checker:
    """A program that checks our books, with the format it takes and what it finds."""

    export: Export
    verdict: Callable[[str], str]
    sums: Callable[[str], Sums]


@pytest.fixture(params=["beancount", "hledger"])
def checker(request: pytest.FixtureRequest, tmp_path: Path) -> Checker:
    """Each of the two programs in turn."""
    if request.param == "beancount":
        return Checker(exports.beancount, partial(bean_check, tmp_path), beancount_sums)
    if shutil.which("hledger") is None:
        missing("hledger (apt-get install hledger)")
    return Checker(
        exports.hledger, partial(hledger_check, tmp_path), partial(hledger_sums, tmp_path)
    )


def bean_check(folder: Path, text: str) -> str:
    """Return what bean-check has against a file; nothing when it takes it."""
    file = folder / "books.beancount"
    file.write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("bean-check")
    ran = subprocess.run([program, "--no-cache", file], capture_output=True, text=True, check=False)
    assert ran.returncode == bool(ran.stderr), ran.stderr
    return ran.stderr


def beancount_sums(text: str) -> Sums:
    """Return each account's balance, as beancount adds it up from the transactions alone."""
    entries, errors, _ = loader.load_string(text)
    assert not errors
    opened = {entry.account: entry.currencies for entry in entries if isinstance(entry, Open)}
    real = realization.realize(entries)  # type: ignore[no-untyped-call]
    sums = {}
    for name, (currency,) in opened.items():
        held = realization.get(real, name).balance  # type: ignore[no-untyped-call]
        assert held.currencies() <= {currency}
        sums[name] = to_minor(f"{held.get_currency_units(currency).number:f}", currency)
    return sums


def hledger_check(folder: Path, text: str) -> str:
    """Return what hledger's strict check has against a journal; nothing when it takes it."""
    ran = run_hledger(folder, text, "check", "--strict")
    assert ran.returncode == bool(ran.stderr), ran.stderr
    return ran.stderr


def hledger_sums(folder: Path, text: str) -> Sums:
    """Return each account's balance, as hledger adds it up; it isn't shown our assertions."""
    bare = re.sub(r" = \S+ [A-Z]{3}$", "", text, flags=re.MULTILINE)
    ran = run_hledger(folder, bare, "balance", "--flat", "-E", "--no-total", "-O", "csv")
    sums = {}
    for row in csv.DictReader(io.StringIO(ran.stdout)):
        number, _, currency = row["balance"].partition(" ")
        sums[row["account"]] = to_minor(number, currency) if currency else 0
    return sums


def run_hledger(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    file = folder / "books.journal"
    file.write_text(text, encoding="utf-8")
    return subprocess.run(
        [shutil.which("hledger") or "", "-f", file, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )


def our_sums(session: Session, *programs: Program) -> Sums:
    """Return what our own ledger says of each account, with the sign that the others use."""
    return {
        exports.account_name(program.code, row.role, partner_code=row.partner_code): (
            -row.balance_minor if row.role in OWED else row.balance_minor
        )
        for program in programs
        for row in ledger.balances(session, program)
    }


def text_of(export: Export, session: Session, *programs: Program) -> str:
    lines = list(export(session, programs))
    assert all(line.endswith("\n") and len(line.splitlines()) == 1 for line in lines)
    return "".join(lines)


def assert_taken(checker: Checker, session: Session, *programs: Program) -> None:
    """Have the other program verify our books and find the same balance in every account."""
    text = text_of(checker.export, session, *programs)
    assert not checker.verdict(text)
    assert checker.sums(text) == our_sums(session, *programs)


# Small books.


def begin(
    session: Session, code: str = "roses", *, currency: str = "EUR", time_zone: str = "UTC"
) -> Story:
    program = make_program(
        session, PLAN, code=code, hold_days=0, currency=currency, time_zone=time_zone
    )
    return Story(session, program)


def a_full_life(story: Story, seller: str = "mai", amount: int = 123_457) -> None:
    """Move every account: sales, a sponsor, a bonus, payouts of which one comes back, a debt."""
    story.enrol("lan", kind="distributor", payout_rail="bank_file")
    story.enrol(seller, sponsor_code="lan")
    for reference, by in (("S-1", seller), ("S-2", "lan"), ("S-3", seller)):
        story.sell(reference, by=by, amount=amount)
        story.complete(reference)
    story.refund(3, of="S-3", line=1, on="2024-01-10")
    story.release("2024-01-11")
    built = story.build("2024-01-12").payouts
    story.approve(built[0], on="2024-01-12")
    for payout in built:
        story.send(payout, on="2024-01-13")
        story.settle(payout, on="2024-01-14")
    story.refund(of="S-1", on="2024-01-20")
    story.close("2024-01", on="2024-02-02")
    story.give_back(built[0], on="2024-02-02")
    story.release("2024-02-03")
    story.build("2024-02-03")
    story.sell("S-4", by=seller, on="2024-02-04", amount=777)
    story.complete("S-4", on="2024-02-05")
    assert story.owed(seller).payable < 0 < story.owed("lan").in_payout
    assert story.owed(seller).accrued
    assert story.house().bonus
    assert story.books_hold()


@pytest.fixture
def small(session: Session) -> Story:
    """One sale of 123.00 that earned 12.30, released on the next day."""
    story = begin(session)
    story.enrol("mai")
    story.sell("S-1", amount=123_00)
    story.complete("S-1", on="2024-01-10 09:00")
    story.release("2024-01-11 09:00")
    return story
