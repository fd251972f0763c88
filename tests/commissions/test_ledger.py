"""The books themselves: a key is posted once, balances run, seals chain, months are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from commissions import ledger
from commissions.models import Account, Entry, Seal, SealBalance
from commissions.money import MAX_MINOR
from tests.factories import at, make_program
from tests.story import House, Owed, Story

START = at("2024-01-10")


def posting(story: Story, reference: str, amount: int = 100, **changes: Any) -> ledger.Posting:  # noqa: ANN401 -- whatever a posting has
    """Return a transfer from the house's expense to Mai's account of money on hold."""
    credit = ledger.accrued(story.partner("mai").id)
    usual = ledger.Posting("test", reference, ledger.expense("sale"), credit, amount, START, 1)
    return replace(usual, **changes)


@pytest.fixture
def books(story: Story) -> Story:
    """A program whose books are written by hand, without commissions behind them."""
    books = Story(story.session, make_program(story.session, code="by-hand"))
    books.enrol("mai")
    books.enrol("linh")
    return books


def post(story: Story, *postings: ledger.Posting) -> ledger.Posted:
    """Post, and count."""
    return ledger.post(story.session, story.program, postings)


def undo(story: Story) -> None:
    """Turn everything back, so that what is owed is what commissions say: nothing."""
    for code in ("mai", "linh"):
        owed = story.owed(code).accrued
        if owed:
            mirror = posting(
                story,
                f"undo {code}",
                abs(owed),
                debit=ledger.accrued(story.partner(code).id),
                credit=ledger.expense("sale"),
            )
            post(story, mirror)


def test_a_key_is_posted_once_whatever_set_it_comes_in(books: Story) -> None:
    one, two, three = (posting(books, reference) for reference in ("a", "b", "c"))
    assert post(books, one, two) == (2, 0)
    assert post(books, one, two) == (0, 2)
    assert post(books, three, two, three) == (1, 2)
    assert books.owed() == Owed(accrued=300)
    undo(books)


def test_a_reference_is_a_key_only_together_with_its_code(books: Story) -> None:
    assert post(books, posting(books, "a"), posting(books, "a", code="other")) == (2, 0)
    assert post(books, posting(books, "b"), posting(books, "c", code="other")) == (2, 0)
    assert post(books, posting(books, "c"), posting(books, "b", code="other")) == (2, 0)
    assert books.owed() == Owed(accrued=600)
    undo(books)


def test_a_time_told_in_another_zone_is_the_same_content(books: Story) -> None:
    assert post(books, posting(books, "a")) == (1, 0)
    elsewhere = posting(books, "a", effective_at=at("2024-01-10 07:00+07:00"))
    assert post(books, elsewhere) == (0, 1)
    undo(books)


def test_entries_run_without_a_gap_in_the_order_of_recording(books: Story) -> None:
    mai, linh = (ledger.accrued(books.partner(code).id) for code in ("mai", "linh"))
    post(books, posting(books, "a", 100), posting(books, "b", 50, credit=linh))
    post(books, posting(books, "c", 30, debit=mai, credit=linh, effective_at=at("2024-01-01")))
    post(books, posting(books, "d", 200))
    chain = books.session.execute(
        select(Entry.version, Entry.amount_minor, Entry.balance_minor)
        .join(Account, Account.id == Entry.account_id)
        .where(Account.partner_id == mai.partner_id)
        .order_by(Entry.version)
    ).all()
    assert [tuple(row) for row in chain] == [(1, 100, 100), (2, -30, 70), (3, 200, 270)]
    assert (books.owed("mai"), books.owed("linh")) == (Owed(270), Owed(80))
    assert books.house() == House(commission=350)
    assert books.owed("mai", as_of="2024-01-09") == Owed(accrued=-30)
    undo(books)


@pytest.mark.parametrize("count", [1, 19, 20, 50])
def test_a_large_set_is_booked_as_a_small_one(books: Story, count: int) -> None:
    """On PostgreSQL twenty rows and more go by COPY."""
    postings = [
        posting(books, f"{n}", n + 1, effective_at=START + timedelta(seconds=n))
        for n in range(count)
    ]
    assert post(books, *postings) == (count, 0)
    assert post(books, *reversed(postings)) == (0, count)
    assert books.owed() == Owed(accrued=count * (count + 1) // 2)
    undo(books)


def test_the_largest_amounts_are_booked_to_the_cent(books: Story) -> None:
    post(books, *(posting(books, f"{n}", MAX_MINOR) for n in range(9)))
    assert books.owed() == Owed(accrued=9 * MAX_MINOR)
    assert books.house() == House(commission=9 * MAX_MINOR)
    mai = ledger.accrued(books.partner("mai").id)
    back = (
        posting(books, f"-{n}", MAX_MINOR, debit=mai, credit=ledger.expense("sale"))
        for n in range(9)
    )
    post(books, *back)
    assert books.owed() == Owed()


def test_an_account_that_was_never_used_holds_nothing(books: Story) -> None:
    assert books.owed() == Owed()
    assert books.house() == House()
    assert [*ledger.balances(books.session, books.program)] == []


def test_balances_are_listed_the_house_first_then_by_partner(story: Story) -> None:
    story.enrol("linh")
    for code, amount in (("mai", 100_00), ("linh", 50_00)):
        story.sell(f"S-{code}", by=code, amount=amount)
        story.complete(f"S-{code}", on="2024-01-10")
    story.release(on="2024-02-09")
    rows = [tuple(row) for row in ledger.balances(story.session, story.program)]
    assert rows == [
        ("expense:commission", None, 15_00),
        ("accrued", "linh", 0),
        ("payable", "linh", 5_00),
        ("accrued", "mai", 0),
        ("payable", "mai", 10_00),
    ]
    early = ledger.balances(story.session, story.program, as_of=at("2024-01-10"))
    assert {row[:2]: row.balance_minor for row in early if row.balance_minor} == {
        ("expense:commission", None): 15_00,
        ("accrued", "linh"): 5_00,
        ("accrued", "mai"): 10_00,
    }
    assert story.books_hold()


def test_seals_chain_and_keep_the_balances_of_what_moved(story: Story) -> None:
    story.sell("S-1")
    story.complete("S-1", on="2024-01-10")
    story.close("2024-01")
    story.release(on="2024-02-09")
    story.close("2024-02")
    story.close("2024-03")
    story.sell("S-2", on="2024-04-01")
    story.complete("S-2", on="2024-04-01")
    story.close("2024-04")

    seals = story.session.scalars(select(Seal).order_by(Seal.ends_at)).all()
    assert [(seal.month, seal.transfers) for seal in seals] == [
        ("2024-01", 1),
        ("2024-02", 1),
        ("2024-03", 0),
        ("2024-04", 1),
    ]
    assert [seal.previous_digest for seal in seals] == ["", *(seal.digest for seal in seals[:-1])]
    assert len({seal.digest for seal in seals}) == 4, "even an empty month has a digest of its own"
    kept = story.session.execute(
        select(Seal.month, Account.role, SealBalance.balance_minor)
        .join(Seal, Seal.id == SealBalance.seal_id)
        .join(Account, Account.id == SealBalance.account_id)
        .order_by(Seal.ends_at, Account.role)
    ).all()
    assert [tuple(row) for row in kept] == [
        ("2024-01", "accrued", 10_00),
        ("2024-01", "expense:commission", -10_00),
        ("2024-02", "accrued", 0),
        ("2024-02", "payable", 10_00),
        ("2024-04", "accrued", 10_00),
        ("2024-04", "expense:commission", -20_00),
    ]
    moments = {
        "2024-01-31": (Owed(accrued=10_00), House(10_00)),
        "2024-02-29": (Owed(payable=10_00), House(10_00)),
        "2024-03-31": (Owed(payable=10_00), House(10_00)),
        "2024-04-01": (Owed(accrued=10_00, payable=10_00), House(20_00)),
        "2030-01-01": (Owed(accrued=10_00, payable=10_00), House(20_00)),
    }
    assert {m: (story.owed(as_of=m), story.house(as_of=m)) for m in moments} == moments
    assert story.house() == House(20_00)
    report = ledger.verify(story.session, story.program)
    assert (report.transfers, report.entries, report.seals) == (3, 4, 4)
    assert report.balanced


def test_one_programs_seal_closes_no_other_programs_month(story: Story) -> None:
    other = Story(story.session, make_program(story.session, code="tulips"))
    other.enrol("mai")
    story.sell()
    story.complete(on="2024-01-10")
    story.close("2024-01")
    other.sell()
    other.complete(on="2024-01-10")
    assert other.owed() == Owed(accrued=10_00)
    assert ledger.open_from(story.session, other.program) is None
    assert ledger.last_seal(story.session, other.program) is None
    assert story.books_hold()
