"""Writing commission rows together with the transfers that book them.

Decides which accounts a commission moves between: what is earned goes from the house's expense
to the partner's accrued; what is taken back goes from where the partner's money lies to the
expense. Does not decide amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from commissions import ledger, sets
from commissions.models import Commission, Program
from commissions.states import COMMISSION_MOVES, MONEY_LIES_IN, check_move


class Standing(NamedTuple):
    """A commission as it stands: whose, how much, in which state."""

    id: int
    partner_id: int
    kind: str
    amount_minor: int
    state: str


def book(session: Session, program: Program, rows: Sequence[dict[str, Any]]) -> None:
    """Write commissions and book each that isn't nothing; gives every row its ``id``.

    A row is a commission's columns. One of nothing has a base that counts for volumes, and no
    transfer.
    """
    ledger.hold_months_open(session, program)
    new = {f"Commission {row['reference']}": row["effective_at"] for row in rows}
    ledger.refuse_sealed_months(session, program, new)
    ids = sets.next_ids(session, Commission, len(rows))
    for commission_id, row in zip(ids, rows, strict=True):
        row["id"] = commission_id
    sets.insert_rows(session, Commission, rows)
    ledger.post(session, program, [_posting(row) for row in rows if row["amount_minor"]])


def move(
    session: Session,
    commissions: Iterable[Standing],
    to: str,
    *,
    at: datetime | Mapping[int, datetime],
    actor: str,
    reason: str | None = None,
) -> None:
    """Move commissions to a state, each with its state-change row; ``at`` may differ by id."""
    moving = list(commissions)
    for commission in moving:
        check_move(COMMISSION_MOVES, commission.state, to, what=f"Commission {commission.id}")
    sets.update_by_id(session, Commission, [{"id": c.id, "state": to} for c in moving])
    times = at if isinstance(at, Mapping) else dict.fromkeys((c.id for c in moving), at)
    sets.record_moves(
        session,
        "commission",
        [(c.id, c.state, to, times[c.id]) for c in moving],
        actor=actor,
        reason=reason,
    )


def _posting(row: Mapping[str, Any]) -> ledger.Posting:
    amount, kind = row["amount_minor"], row["kind"]
    expense = ledger.expense(kind)
    partner = ledger.of_partner(MONEY_LIES_IN[row["state"]], row["partner_id"])
    return ledger.Posting(
        code=ledger.POSTED_AS[kind],
        reference=row["reference"],
        debit=partner if amount < 0 else expense,
        credit=expense if amount < 0 else partner,
        amount_minor=abs(amount),
        effective_at=row["effective_at"],
        cause_id=row["id"],
    )
