"""Reading all books of a database in few statements: figures to compare, and a digest."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from commissions.ledger import chart
from commissions.models import Base

TABLES = [table for table in Base.metadata.sorted_tables if not table.name.startswith("import")]
COUNTS = select(*(select(func.count()).select_from(table).scalar_subquery() for table in TABLES))
ACCOUNTS = text(
    "select a.id, a.program_id, a.role, p.code, a.balance_minor, a.version"
    " from accounts a left join partners p on p.id = a.partner_id order by a.id"
)
ENTRIES = text(
    "select account_id, count(*), max(version), sum(amount_minor) from entries"
    " group by account_id order by account_id"
)
TRANSFERS = text(
    "select program_id, code, debit_account_id, credit_account_id, sum(amount_minor), count(*)"
    " from transfers group by program_id, code, debit_account_id, credit_account_id"
    " order by program_id, code, debit_account_id, credit_account_id"
)
COMMISSIONS = text(
    "select c.program_id, c.kind, c.reference, p.code, c.base_minor, c.amount_minor, c.state"
    " from commissions c join partners p on p.id = c.partner_id"
)
PAYOUTS = text("select program_id, id, amount_minor, state from payouts order by id")
STATES = text(
    "select subject, subject_id, max(id), count(*) from state_changes"
    " group by subject, subject_id order by subject, subject_id"
)


class Figures(NamedTuple):
    """What the rows say: balances as stored, as entries add up, and as transfers add up."""

    stored: dict[tuple[int, str, str], int]
    by_entries: dict[tuple[int, str, str], int]
    by_transfers: dict[tuple[int, str, str], int]
    commissions: set[tuple[Any, ...]]
    payouts: dict[int, tuple[int, str]]


def figures(session: Session) -> Figures:
    """Read the figures; accounts by program's id, role and partner's code ("" for the house)."""
    accounts = session.execute(ACCOUNTS).all()
    names = {row[0]: (row[1], row[2], row[3] or "") for row in accounts}
    entries = session.execute(ENTRIES).all()
    assert all(count == version for _, count, version, _ in entries)
    versions = {row[0]: row[5] for row in accounts if row[5]}
    assert versions == {row[0]: row[1] for row in entries}
    moved: dict[tuple[int, str, str], int] = defaultdict(int)
    for _, _, debit, credit, amount, _ in session.execute(TRANSFERS):
        moved[names[debit]] -= int(amount)
        moved[names[credit]] += int(amount)
    return Figures(
        stored={names[row[0]]: row[4] for row in accounts if row[4]},
        by_entries={names[row[0]]: int(row[3]) for row in entries if row[3]},
        by_transfers={name: amount for name, amount in moved.items() if amount},
        commissions={tuple(row) for row in session.execute(COMMISSIONS)},
        payouts={row[1]: (row[2], row[3]) for row in session.execute(PAYOUTS)},
    )


def of_partners(balances: dict[tuple[int, str, str], int]) -> dict[tuple[int, str, str], int]:
    """Return the partners' accounts alone."""
    return {key: amount for key, amount in balances.items() if key[1] in chart.PARTNER_ROLES}


def digest(session: Session) -> tuple[Any, ...]:
    """Return all that a replay must leave as it is: counts, balances, states."""
    queries = (COUNTS, ACCOUNTS, ENTRIES, TRANSFERS, PAYOUTS, STATES)
    read = [[tuple(row) for row in session.execute(query)] for query in queries]
    return (*read, frozenset(tuple(row) for row in session.execute(COMMISSIONS)))
