"""``ledger.verify`` finds each kind of fault that is planted in the books, and names it."""

# ruff: noqa: S608 -- the names are those of our own tables
from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from commissions import ledger
from commissions.models import APPEND_ONLY
from tests.factories import make_program
from tests.story import Story

Plant = Callable[[Story], None]


@pytest.fixture
def books(session: Session) -> Story:
    """Books with everything in them: a sealed month, refunds, a paid payout and one under way."""
    story = Story(session, make_program(session))
    story.enrol("mai")
    for number in range(1, 5):
        story.sell(f"S-{number}", amount=100_00 * number)
    story.complete("S-1", "S-2", "S-3", on="2024-01-10")
    story.refund(1, on="2024-01-11")
    story.release(on="2024-02-09")
    story.close("2024-01", on="2024-02-09")
    story.pay_out(on="2024-02-10")
    story.complete("S-4", on="2024-02-11")
    story.release(on="2024-04-01")
    story.build(on="2024-04-02")
    assert ledger.verify(story.session).balanced
    unguard(story)
    return story


def unguard(story: Story) -> None:
    """Take the guards off inside the test's transaction, as somebody with the keys could."""
    if story.session.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            run(story, f"alter table {table} disable trigger user")
        return
    names = story.session.scalars(text("select name from sqlite_master where type = 'trigger'"))
    for name in names.all():
        run(story, f"drop trigger {name}")


def run(story: Story, *statements: str) -> None:
    for statement in statements:
        done = story.session.execute(text(statement))
        if not statement.startswith(("alter", "drop")):
            assert done.rowcount > 0, f"planted nothing: {statement}"  # type: ignore[attr-defined]


def planting(*statements: str) -> Plant:
    return lambda story: run(story, *statements)


LAST_ACCRUAL = "(select max(id) from transfers where code = 'accrual')"
FIRST_ACCRUAL = "(select min(id) from transfers where code = 'accrual')"
BUSY = "(select account_id from entries group by account_id having count(*) > 3 limit 1)"
OPEN_PAYOUT = "(select max(id) from payouts)"
PAID_PAYOUT = "(select min(id) from payouts)"

FAULTS: dict[str, tuple[str, Plant]] = {
    "a transfer's amount is changed": (
        "a transfer's entries",
        planting(f"update transfers set amount_minor = amount_minor + 1 where id = {LAST_ACCRUAL}"),
    ),
    "a commission's amount is changed": (
        "a commission's transfer",
        planting("update commissions set amount_minor = amount_minor + 1 where kind = 'sale'"),
    ),
    "an entry's amount is changed": (
        "a transfer's entries",
        planting(
            f"update entries set amount_minor = amount_minor + 1 where transfer_id = {LAST_ACCRUAL}"
        ),
    ),
    "an entry is missing": (
        "a transfer's entries",
        planting(f"delete from entries where transfer_id = {LAST_ACCRUAL}"),
    ),
    "an entry is there that no transfer made": (
        "a transfer's entries",
        planting(
            "insert into entries (account_id, version, transfer_id, amount_minor, balance_minor)"
            f" select account_id, version + 100, 999999, 5, balance_minor + 5 from entries"
            f" where transfer_id = {LAST_ACCRUAL}"
        ),
    ),
    "a transfer is missing": (
        "a transfer's entries",
        planting(f"delete from transfers where id = {LAST_ACCRUAL}"),
    ),
    "a transfer and its entries are missing": (
        "a commission's transfer",
        planting(
            f"delete from entries where transfer_id = {LAST_ACCRUAL}",
            f"delete from transfers where id = {LAST_ACCRUAL}",
        ),
    ),
    "the chain of running balances is broken": (
        "running balance",
        planting(
            "update entries set balance_minor = balance_minor + 7"
            f" where account_id = {BUSY} and version = 2"
        ),
    ),
    "a version is left out": (
        "running balance",
        planting(
            f"update entries set version = version + 1000 where account_id = {BUSY} and version > 2"
        ),
    ),
    "a stored balance is wrong": (
        "stored balance",
        planting(f"update accounts set balance_minor = balance_minor - 1 where id = {BUSY}"),
    ),
    "a stored version is wrong": (
        "stored balance",
        planting(f"update accounts set version = version + 1 where id = {BUSY}"),
    ),
    "a payout claims too much": (
        "a payout's claims",
        planting(f"update payouts set amount_minor = amount_minor + 1 where id = {OPEN_PAYOUT}"),
    ),
    "what a payout claimed is changed": (
        "a payout's claims",
        planting(
            "update payout_items set amount_minor = amount_minor + 1"
            f" where payout_id = {OPEN_PAYOUT}"
        ),
    ),
    "a commission is claimed by two payouts": (
        "claimed once",
        planting(
            "insert into payout_items (id, payout_id, commission_id, amount_minor)"
            f" select id + 1000, {OPEN_PAYOUT}, commission_id, amount_minor from payout_items"
            f" where payout_id = {PAID_PAYOUT}"
        ),
    ),
    "a payout is settled without a transfer": (
        "a payout's transfers",
        planting(f"update payouts set state = 'settled' where id = {OPEN_PAYOUT}"),
    ),
    "a paid payout is called failed": (
        "a payout's transfers",
        planting(f"update payouts set state = 'failed' where id = {PAID_PAYOUT}"),
    ),
    "a commission is called paid": (
        "partners' accounts",
        planting("update commissions set state = 'paid' where state = 'in_payout'"),
    ),
    "a commission is called ready again": (
        "claimed once",
        planting("update commissions set state = 'ready' where state = 'paid'"),
    ),
    "a commission is another partner's": (
        "partners' accounts",
        planting("update commissions set partner_id = 999999 where state = 'in_payout'"),
    ),
    "a seal's digest is touched": ("a seal", planting("update seals set digest = 'x'")),
    "a seal's count is touched": ("a seal", planting("update seals set transfers = transfers + 1")),
    "a seal's chain is touched": ("a seal", planting("update seals set previous_digest = 'x'")),
    "a seal's balance is touched": (
        "a seal's balances",
        planting("update seal_balances set balance_minor = balance_minor + 1"),
    ),
    "a seal's balance is missing": ("a seal's balances", planting("delete from seal_balances")),
    "the reason of a sealed transfer is changed": (
        "a seal",
        planting(f"update transfers set reference = 'S-9:1' where id = {FIRST_ACCRUAL}"),
    ),
    "a sealed transfer is moved to another month": (
        "a seal",
        planting(
            "update transfers set effective_at = (select max(effective_at) from transfers)"
            f" where id = {FIRST_ACCRUAL}"
        ),
    ),
    "a transfer's account is nobody's": (
        "a transfer's accounts",
        planting(f"update transfers set credit_account_id = 999999 where id = {LAST_ACCRUAL}"),
    ),
    "a transfer runs between two currencies": (
        "a transfer's accounts",
        planting("update accounts set currency = 'USD' where partner_id is null"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_named(books: Story, fault: str) -> None:
    check, plant = FAULTS[fault]
    plant_unchecked(books, plant)
    report = ledger.verify(books.session)
    assert not report.balanced
    assert check in {finding.check for finding in report.findings}, report.findings
    assert all("{" not in finding.detail for finding in report.findings)


def plant_unchecked(books: Story, plant: Plant) -> None:
    """Plant a fault that a foreign key would refuse, as a restored copy without keys has it."""
    session = books.session
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("set local session_replication_role = replica"))
    else:
        session.execute(text("pragma defer_foreign_keys = on"))
    plant(books)


def test_a_transfer_into_another_programs_account_is_found(books: Story) -> None:
    other = make_program(books.session, code="other", currency=books.program.currency)
    run(books, f"update accounts set program_id = {other.id} where partner_id is null")
    checks = {finding.check for finding in ledger.verify(books.session).findings}
    assert "a transfer's accounts" in checks


def test_faults_of_one_program_are_not_found_in_another(books: Story) -> None:
    other = make_program(books.session, code="other")
    run(books, "update accounts set balance_minor = balance_minor - 1 where partner_id is not null")
    assert ledger.verify(books.session, other).balanced
    assert not ledger.verify(books.session, books.program).balanced


def test_a_report_counts_what_it_looked_at(books: Story) -> None:
    report = ledger.verify(books.session, books.program)
    assert report.balanced
    for table, counted in (
        ("transfers", report.transfers),
        ("entries", report.entries),
        ("seals", report.seals),
    ):
        assert counted == books.session.scalar(text(f"select count(*) from {table}")) > 0
