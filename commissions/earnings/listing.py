"""The list of what one partner earned, the latest first: commissions, and orders not yet complete.

An order that was cancelled before completion stands in it as reversed: nothing was ever booked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    and_,
    case,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from commissions.earnings import deals
from commissions.earnings.money_line import of_partner
from commissions.earnings.reasons import reasons, takings
from commissions.earnings.values import ESTIMATED, Taken
from commissions.models import Commission, Conversion, PlanVersion, Program, SaleRecord
from commissions.periods import aware
from commissions.states import CommissionState, SaleState


@dataclass(frozen=True, slots=True)
class Earning:
    """One row of the list; an estimate's ``id`` is its sale's, below zero.

    ``reason`` says why it is held, rejected or reversed, or why a clawback took it.
    """

    id: int
    kind: str
    state: str
    sale_reference: str | None
    amount_minor: int
    effective_at: datetime
    due_at: datetime | None
    reason: str | None
    clawbacks: tuple[Taken, ...]


def listed(
    session: Session,
    program: Program,
    partner_id: int,
    *,
    states: Collection[str] | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Earning]:
    """Return a page of what a partner earned; the next page is what comes before its last id."""
    rows = _page(session, program, partner_id, states, since, before_id, limit)
    booked = [row.id for row in rows if row.id > 0]
    open_deals = deals.read(session, program, [-row.id for row in rows if row.id < 0])
    taken = takings(session, booked)
    told = reasons(session, [row.id for row in rows])
    return [
        Earning(
            id=row.id,
            kind=row.kind,
            state=row.state,
            sale_reference=row.reference,
            amount_minor=(row.amount if row.id > 0 else open_deals[-row.id].estimate(partner_id)),
            effective_at=row.effective_at,
            due_at=row.due_at,
            reason=told.get(row.id),
            clawbacks=tuple(taken[row.id]),
        )
        for row in rows
    ]


def _page(  # reason: the same arguments, checked above
    session: Session,
    program: Program,
    partner_id: int,
    states: Collection[str] | None,
    since: datetime | None,
    before_id: int | None,
    limit: int,
) -> Sequence[Row[Any]]:
    rows = union_all(_booked(program, partner_id), _unbooked(program, partner_id)).subquery()
    statement = select(rows).order_by(rows.c.effective_at.desc(), rows.c.id.desc()).limit(limit)
    if states is not None:
        statement = statement.where(rows.c.state.in_([*states]))
    if since is not None:
        statement = statement.where(rows.c.effective_at >= aware(since))
    if before_id is not None:
        last = select(rows.c.effective_at).where(rows.c.id == before_id).scalar_subquery()
        statement = statement.where(
            or_(
                rows.c.effective_at < last,
                and_(rows.c.effective_at == last, rows.c.id < before_id),
            )
        )
    return session.execute(statement).all()


def _booked(program: Program, partner_id: int) -> Select[Any]:
    return (
        select(
            Commission.id.label("id"),
            Commission.kind.label("kind"),
            Commission.state.label("state"),
            SaleRecord.reference.label("reference"),
            Commission.amount_minor.label("amount"),
            Commission.effective_at.label("effective_at"),
            Commission.due_at.label("due_at"),
        )
        .outerjoin(SaleRecord, SaleRecord.id == Commission.sale_id)
        .where(Commission.program_id == program.id, Commission.partner_id == partner_id)
    )


def _unbooked(program: Program, partner_id: int) -> Select[Any]:
    """Return the orders that are paid or were cancelled, where they earn the partner anything."""
    own = Conversion.partner_id == partner_id
    return (
        select(
            -Conversion.sale_id,
            case((own, "sale"), else_="override"),
            case(
                (SaleRecord.state == SaleState.PAID, ESTIMATED),
                else_=CommissionState.REVERSED.value,
            ),
            SaleRecord.reference,
            Conversion.estimated_minor,
            SaleRecord.paid_at,
            literal(None, type_=Commission.due_at.type),
        )
        .join(SaleRecord, SaleRecord.id == Conversion.sale_id)
        .join(PlanVersion, PlanVersion.id == Conversion.plan_version_id)
        .where(
            Conversion.program_id == program.id,
            of_partner(partner_id),
            SaleRecord.state.in_((SaleState.PAID, SaleState.CANCELLED)),
            Conversion.estimated_minor > 0,
            or_(own, PlanVersion.override_bps > 0),
        )
    )
