"""All balances at an instant, read as one set: the same as each account's own, and no slower."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from commissions import ledger
from commissions.models import Account, Partner
from tests.factories import at, make_program
from tests.story import Story

INSTANTS = {
    "before all": "2023-12-31",
    "before a seal": "2024-01-15",
    "the last instant of a sealed month": "2024-01-31 23:59:59.999999",
    "the first instant after it": "2024-02-01",
    "between seals": "2024-02-20",
    "in the open month": "2024-04-10 00:00:00",
    "after all": "2030-01-01",
}


@pytest.fixture
def quarter(story: Story) -> Story:
    """Three sealed months and an open one, beside another program's, with its own seal."""
    for code in ("linh", "thu"):
        story.enrol(code)
    other = Story(story.session, make_program(story.session, code="tulips"))
    other.enrol("mai")
    for one in (story, other):
        one.sell("S-1", on="2024-01-05")
        one.complete("S-1", on="2024-01-10")
        one.close("2024-01")
    story.sell("S-2", by="linh", on="2024-02-05")
    story.complete("S-2", on="2024-02-12")
    story.release(on="2024-02-15")
    story.close("2024-02")
    story.refund(5, of="S-2", on="2024-03-03")
    story.close("2024-03")
    story.sell("S-3", by="thu", on="2024-04-05")
    story.complete("S-3", on="2024-04-10")
    return story


def one_by_one(story: Story, moment: str | None) -> list[tuple[Any, ...]]:
    """Return every account's balance, asked of it alone."""
    accounts = story.session.execute(
        select(Account.role, Account.partner_id, Partner.code)
        .outerjoin(Partner, Partner.id == Account.partner_id)
        .where(Account.program_id == story.program.id)
        .order_by(Partner.code.is_not(None), Partner.code, Account.role)
    ).all()
    when = at(moment) if moment else None
    return [
        (
            role,
            code,
            ledger.balance(
                story.session, story.program, ledger.AccountRef(role, partner_id), as_of=when
            ),
        )
        for role, partner_id, code in accounts
    ]


def all_at_once(story: Story, moment: str | None) -> list[tuple[Any, ...]]:
    """Return every account's balance, read as one set."""
    when = at(moment) if moment else None
    return [tuple(row) for row in ledger.balances(story.session, story.program, as_of=when)]


@contextmanager
def statements(story: Story) -> Iterator[list[str]]:
    """Give a list that grows by every statement that the database is sent."""
    sent: list[str] = []
    connection = story.session.connection()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize("moment", [*INSTANTS.values(), None], ids=[*INSTANTS, "now"])
def test_all_balances_are_those_of_each_account(quarter: Story, moment: str | None) -> None:
    found = all_at_once(quarter, moment)
    assert found == one_by_one(quarter, moment)
    assert len(found) == 5
    assert any(amount for *_, amount in found) == (moment != INSTANTS["before all"])
    assert quarter.books_hold()


@pytest.mark.parametrize("moment", ["2024-02-20", None])
def test_more_accounts_take_no_more_statements(quarter: Story, moment: str | None) -> None:
    counts = []
    for more in range(2):
        for number in range(more * 30):
            quarter.enrol(f"p{number}")
            quarter.sell(f"P-{number}", by=f"p{number}", on="2024-04-11")
            quarter.complete(f"P-{number}", on="2024-04-12")
        with statements(quarter) as sent:
            found = all_at_once(quarter, moment)
        counts.append((len(sent), len(found)))
    assert counts == [(2, 5), (2, 35)]
