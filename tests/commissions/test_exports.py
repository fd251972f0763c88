from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest
from beancount import loader
from beancount.core import account, realization
from beancount.core.data import Balance, Open, Transaction
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from commissions import exports, ledger
from commissions.ledger import AccountRef, Posting
from commissions.models import Account, Program, Transfer
from commissions.money import to_minor
from commissions.tiers import Tier
from tests.factories import at, make_plan, make_program
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


# What the files say.

BEANCOUNT = """\
option "title" "Hoahong: roses"

2024-01-10 open Expenses:Program-roses:Commission EUR
  program: "roses"
  role: "expense:commission"
2024-01-10 open Liabilities:Program-roses:Partner-mai:Accrued EUR
  program: "roses"
  role: "accrued"
  partner: "mai"
2024-01-10 * "accrual:S-1:1"
  code: "accrual"
  reference: "S-1:1"
  id: "{accrual.id}"
  effective_at: "2024-01-10T09:00:00+00:00"
  Expenses:Program-roses:Commission  12.30 EUR
  Liabilities:Program-roses:Partner-mai:Accrued  -12.30 EUR

2024-01-11 open Liabilities:Program-roses:Partner-mai:Payable EUR
  program: "roses"
  role: "payable"
  partner: "mai"
2024-01-11 * "release:{release.reference}"
  code: "release"
  reference: "{release.reference}"
  id: "{release.id}"
  effective_at: "2024-01-11T09:00:00+00:00"
  Liabilities:Program-roses:Partner-mai:Accrued  12.30 EUR
  Liabilities:Program-roses:Partner-mai:Payable  -12.30 EUR

2024-01-12 balance Expenses:Program-roses:Commission  12.30 ~ 0 EUR
2024-01-12 balance Liabilities:Program-roses:Partner-mai:Accrued  0.00 ~ 0 EUR
2024-01-12 balance Liabilities:Program-roses:Partner-mai:Payable  -12.30 ~ 0 EUR
"""
HLEDGER = """\
decimal-mark .
commodity 1000.00 EUR

; program:roses
account Expenses:Program-roses:Commission  ; program:roses, role:expense:commission
account Liabilities:Program-roses:Partner-mai:Accrued  ; program:roses, role:accrued, partner:mai
account Liabilities:Program-roses:Partner-mai:Payable  ; program:roses, role:payable, partner:mai

2024-01-10 * accrual:S-1:1
    ; code:accrual, reference:S-1:1, id:{accrual.id}, effective_at:2024-01-10T09:00:00+00:00
    Expenses:Program-roses:Commission  12.30 EUR
    Liabilities:Program-roses:Partner-mai:Accrued  -12.30 EUR

2024-01-11 * release:{release.reference}
    ; code:release, reference:{release.reference}, id:{release.id}, \
effective_at:2024-01-11T09:00:00+00:00
    Liabilities:Program-roses:Partner-mai:Accrued  12.30 EUR
    Liabilities:Program-roses:Partner-mai:Payable  -12.30 EUR

2024-01-12 * Balances stated by the ledger
    Expenses:Program-roses:Commission  0 EUR = 12.30 EUR
    Liabilities:Program-roses:Partner-mai:Accrued  0 EUR = 0.00 EUR
    Liabilities:Program-roses:Partner-mai:Payable  0 EUR = -12.30 EUR
"""


@pytest.mark.parametrize(
    ("export", "expected"), [(exports.beancount, BEANCOUNT), (exports.hledger, HLEDGER)]
)
def test_small_books_read_like_this(export: Export, expected: str, small: Story) -> None:
    rows = small.session.execute(
        select(Transfer.id, Transfer.code, Transfer.reference).where(
            Transfer.program_id == small.program.id
        )
    )
    told = {row.code: row for row in rows}
    assert text_of(export, small.session, small.program) == expected.format(**told)


def test_a_transfer_is_dated_by_the_calendar_of_its_program(session: Session) -> None:
    story = begin(session, time_zone="Asia/Ho_Chi_Minh")
    story.enrol("mai")
    story.sell()
    story.complete(on="2024-01-31 18:30")
    entries, _, _ = loader.load_string(text_of(exports.beancount, session, story.program))
    dates = {(type(entry), entry.date) for entry in entries}
    assert dates == {
        (Open, date(2024, 2, 1)),
        (Transaction, date(2024, 2, 1)),
        (Balance, date(2024, 2, 2)),
    }


@pytest.mark.parametrize("export", [exports.beancount, exports.hledger])
def test_transfers_run_by_effective_time_and_not_as_they_were_recorded(
    export: Export, session: Session
) -> None:
    story = begin(session)
    story.enrol("mai")
    for day in (13, 11, 12):
        story.sell(f"S-{day}")
        story.complete(f"S-{day}", on=f"2024-01-{day}")
    told = re.findall(r"accrual:S-(\d+):1", text_of(export, session, story.program))
    assert told == ["11", "12", "13"]


def test_accounts_are_listed_by_name(session: Session) -> None:
    story = begin(session)
    for code in ("b", "C", "a"):
        story.enrol(code)
        story.sell(f"S-{code}", by=code)
        story.complete(f"S-{code}")
    text = text_of(exports.hledger, session, story.program)
    told = re.findall(r"^account (\S+)", text, re.MULTILINE)
    assert told == sorted(our_sums(session, story.program))


def test_a_program_without_transfers_gives_a_small_file(session: Session, checker: Checker) -> None:
    story = begin(session)
    story.enrol("mai")
    text = text_of(checker.export, session, story.program)
    assert not checker.verdict(text)
    assert len(text) < 100


def test_no_program_at_all_gives_a_file_too(session: Session, checker: Checker) -> None:
    assert not checker.verdict(text_of(checker.export, session))


# Others verify our books.


@pytest.mark.parametrize("currency", ["VND", "EUR", "JOD", "CLF"])
def test_others_find_our_balances_whatever_decimals_a_currency_has(
    currency: str, session: Session, checker: Checker
) -> None:
    story = begin(session, currency=currency)
    a_full_life(story)
    assert_taken(checker, session, story.program)


def test_others_find_our_balances_in_the_books_of_all_programs(
    session: Session, checker: Checker
) -> None:
    stories = [
        begin(session, "roses", currency="EUR", time_zone="America/New_York"),
        begin(session, "Roses", currency="VND", time_zone="Asia/Ho_Chi_Minh"),
        begin(session, 'r"o\\s; e, s', currency="EUR", time_zone="Pacific/Kiritimati"),
        begin(session, "hoa hồng", currency="JOD"),
    ]
    for story in stories[:3]:
        a_full_life(story)
    assert_taken(checker, session, *(story.program for story in stories))


def test_others_find_our_balances_however_partners_are_called(
    session: Session, checker: Checker
) -> None:
    story = begin(session)
    for number, code in enumerate(CODES):
        story.enrol(code, payout_rail=code[:24])
        story.sell(f"S-{number} of {code}", by=code, amount=1_000 + 10 * number)
        story.complete(f"S-{number} of {code}")
    story.release("2024-01-11")
    built = story.build("2024-01-12").payouts
    story.approve(built[0], on="2024-01-12")
    for payout in built[::2]:
        story.send(payout, on="2024-01-13")
        story.settle(payout, on="2024-01-13")
    assert_taken(checker, session, story.program)


def test_the_largest_sums_are_exact(session: Session, checker: Checker) -> None:
    story = begin(session, currency="CLF")
    story.enrol("mai")
    for number in range(3):
        story.sell(f"S-{number}", amount=999_999_999_999_999)
        story.complete(f"S-{number}")
    assert our_sums(session, story.program)["Expenses:Program-roses:Commission"] == 3 * 10**14
    assert_taken(checker, session, story.program)


def test_what_is_withheld_written_off_or_new_in_the_chart_is_exported_too(
    session: Session, checker: Checker
) -> None:
    story = begin(session)
    owed = ledger.payable(story.enrol("mai").id)
    roles = ["expense:commission", "tax:withheld", "write_off", "another one"]
    postings = [
        Posting("correction", role, AccountRef(role), owed, 100 + number, at("2024-01-05"), number)
        for number, role in enumerate(roles)
    ]
    ledger.post(session, story.program, postings)
    assert our_sums(session, story.program) == {
        "Liabilities:Program-roses:Partner-mai:Payable": -406,
        "Expenses:Program-roses:Commission": 100,
        "Liabilities:Program-roses:TaxWithheld": 101,
        "Expenses:Program-roses:WriteOff": 102,
        "Equity:Program-roses:Role-another--20-one": 103,
    }
    assert_taken(checker, session, story.program)


# A test that can't fail is worthless: each program refuses what isn't so.


@pytest.fixture
def lived(session: Session) -> Story:
    story = begin(session)
    a_full_life(story)
    return story


def test_any_one_amount_that_is_a_cent_off_is_refused(lived: Story, checker: Checker) -> None:
    text = text_of(checker.export, lived.session, lived.program)
    last_digits = list(re.finditer(r"(?<=  ).*\.\d(\d)(?= EUR$| ~ 0 EUR$)", text, re.MULTILINE))
    assert len(last_digits) > 40
    for found in (*last_digits[::7], last_digits[-1]):
        place, digit = found.start(1), int(found[1])
        assert checker.verdict(f"{text[:place]}{(digit + 1) % 10}{text[place + 1 :]}"), found[0]


def test_a_transfer_that_is_a_cent_off_on_both_sides_is_refused(
    small: Story, checker: Checker
) -> None:
    text = text_of(checker.export, small.session, small.program)
    head, release, rest = text.partition("release:")
    tampered = head.replace("12.30 EUR", "12.31 EUR")
    assert tampered.count("12.31") == 2
    assert checker.verdict(tampered + release + rest)


def test_a_transfer_that_is_left_out_is_refused(lived: Story, checker: Checker) -> None:
    text = text_of(checker.export, lived.session, lived.program)
    parts = text.split("\n\n")
    for place, part in enumerate(parts):
        if "payout_reserve" in part:
            assert checker.verdict("\n\n".join(parts[:place] + parts[place + 1 :]))


def test_a_stored_balance_that_the_transfers_do_not_make_is_refused(
    small: Story, checker: Checker
) -> None:
    assert not checker.verdict(text_of(checker.export, small.session, small.program))
    small.session.execute(
        update(Account)
        .where(Account.program_id == small.program.id, Account.role == "payable")
        .values(balance_minor=Account.balance_minor + 1)
    )
    assert checker.verdict(text_of(checker.export, small.session, small.program))


def test_a_balance_of_an_account_that_nothing_ever_moved_is_refused(
    session: Session, checker: Checker
) -> None:
    story = begin(session)
    partner = story.enrol("mai")
    unused = Account(
        program_id=story.program.id,
        partner_id=partner.id,
        role="payable",
        currency="EUR",
        balance_minor=0,
        version=0,
    )
    session.add(unused)
    session.flush()
    assert not checker.verdict(text_of(checker.export, session, story.program))
    unused.balance_minor = 1
    assert checker.verdict(text_of(checker.export, session, story.program))


def test_a_transfer_of_an_account_that_the_program_has_not_is_refused(
    small: Story, checker: Checker
) -> None:
    mine = small.session.scalars(
        select(Transfer).where(Transfer.program_id == small.program.id)
    ).first()
    assert mine
    small.session.execute(
        insert(Transfer).values(
            program_id=small.program.id,
            debit_account_id=10**9,
            credit_account_id=10**9 + 1,
            amount_minor=1,
            code="stray",
            reference="1",
            cause_id=1,
            effective_at=mine.effective_at,
        )
    )
    assert checker.verdict(text_of(checker.export, small.session, small.program))


# Names and texts.

UNSPELLED = re.compile(r"--([0-9A-F]+)-|(.)", re.DOTALL)


def read_back(spelled: str) -> str:
    return UNSPELLED.sub(lambda sign: sign[2] or chr(int(sign[1], 16)), spelled)


@given(st.text() | st.text("-a2B") | st.sampled_from(CODES))
def test_a_code_can_be_read_back_from_the_name_of_its_account(code: str) -> None:
    name = exports.account_name("P", "payable", partner_code=code)
    assert account.is_valid(name)
    _, _, spelled, _ = name.split(":")
    assert read_back(spelled.removeprefix("Partner-")) == code


@given(st.lists(st.text("-a2 ", max_size=4), unique=True, min_size=2))
def test_two_accounts_never_share_a_name(codes: list[str]) -> None:
    names = {
        exports.account_name(program, role, partner_code=partner)
        for program in codes
        for partner, roles in ((None, [f"cash:{codes[0]}", *codes]), (codes[1], OWED))
        for role in roles
    }
    assert len(names) == len(codes) * (1 + len(codes) + len(OWED))


REFERENCES = ['say "roses"', "back\\slash\\", "a;b, c:d %41", " spaced  out ", "2024-01-01 (x) = |"]


def book_references(session: Session) -> Story:
    story = begin(session)
    owed = ledger.payable(story.enrol("mai").id)
    postings = [
        Posting("accrual", reference, ledger.expense("sale"), owed, 1, at("2024-01-05"), 1)
        for reference in REFERENCES
    ]
    ledger.post(session, story.program, postings)
    return story


def test_a_reference_reaches_beancount_sign_by_sign(session: Session) -> None:
    story = book_references(session)
    entries, errors, _ = loader.load_string(text_of(exports.beancount, session, story.program))
    assert not errors
    told = [entry for entry in entries if isinstance(entry, Transaction)]
    assert [entry.meta["reference"] for entry in told] == REFERENCES
    assert [entry.narration for entry in told] == [f"accrual:{one}" for one in REFERENCES]


def test_a_reference_reaches_hledger_percent_encoded(session: Session, tmp_path: Path) -> None:
    if shutil.which("hledger") is None:
        missing("hledger (apt-get install hledger)")
    story = book_references(session)
    text = text_of(exports.hledger, session, story.program)
    told = json.loads(run_hledger(tmp_path, text, "print", "-O", "json").stdout)[:-1]
    assert [unquote(dict(one["ttags"])["reference"]) for one in told] == REFERENCES
    descriptions = [unquote(one["tdescription"]) for one in told]
    assert descriptions == [f"accrual:{one}" for one in REFERENCES]


def test_what_cannot_be_printed_stays_on_its_line(session: Session, checker: Checker) -> None:
    story = begin(session)
    story.enrol("mai", payout_rail='a\n"b\N{LINE SEPARATOR}')
    story.sell()
    story.complete()
    story.release("2024-01-11")
    story.pay_out("2024-01-12")
    assert_taken(checker, session, story.program)


# Sizes.


@pytest.mark.parametrize("export", [exports.beancount, exports.hledger])
def test_books_are_written_without_holding_them_in_memory(export: Export, session: Session) -> None:
    story = begin(session)
    owed = ledger.payable(story.enrol("mai").id)
    postings = [
        Posting("accrual", f"S-{number}", ledger.expense("sale"), owed, 1, at("2024-01-05"), 1)
        for number in range(12_000)
    ]
    ledger.post(session, story.program, postings)
    tracemalloc.start()
    size = sum(len(line) for line in export(session, [story.program]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 12_000 * 200
    assert peak < size / 2
