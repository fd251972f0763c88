"""The books as text that beancount and hledger verify."""

from __future__ import annotations

import json
import re
import shutil
import tracemalloc
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
from beancount import loader
from beancount.core import account
from beancount.core.data import Balance, Open, Transaction
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import exports, ledger
from commissions.ledger import AccountRef, Posting
from commissions.models import Transfer
from tests.commissions.verifiers import (
    CODES,
    OWED,
    Checker,
    Export,
    a_full_life,
    assert_taken,
    begin,
    our_sums,
    run_hledger,
    text_of,
)
from tests.factories import at
from tests.missing import missing
from tests.story import Story

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
