"""The other programs refuse books in which something isn't so: their word is worth something."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from commissions.models import Account, Transfer
from tests.commissions.verifiers import Checker, a_full_life, begin, text_of
from tests.story import Story

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
