"""Reading all that a set of sums is made of, each kind of row in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.earnings import deals
from commissions.earnings.deals import Deal
from commissions.earnings.reasons import reasons, takings
from commissions.earnings.values import ESTIMATED, PayoutOf, Taken
from commissions.models import (
    AttributionDecision,
    Commission,
    Conversion,
    Partner,
    Payout,
    PayoutItem,
    PlanVersion,
    Program,
    RefundLineRecord,
    SaleRecord,
    StateChange,
)
from commissions.states import CommissionState, PayoutState, SaleState


class Booked(NamedTuple):
    """One commission with its sale and its partner, or an order that isn't booked yet."""

    id: int
    kind: str
    state: str
    reference: str
    partner_id: int
    partner_code: str
    partner_name: str
    partner_kind: str
    sale_id: int | None
    sale_reference: str | None
    paid_at: datetime | None
    rule_id: int | None
    original_id: int | None
    refund_id: int | None
    base_minor: int
    rate_bps: int | None
    amount_minor: int
    effective_at: datetime
    due_at: datetime | None


class Returned(NamedTuple):
    """Pieces of one line that one refund took back, and the base that went with them."""

    refund_id: int
    line_no: int
    quantity: int
    base_minor: int


class Decision(NamedTuple):
    """The decision on who brought a sale."""

    rule: str
    reason: str
    touches: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that the sums of some commissions are made of."""

    rows: Sequence[Booked]
    deals: dict[int, Deal]
    returned: dict[int, list[Returned]]
    decisions: dict[int, Decision]
    originals: dict[int, int]
    sellers: dict[int, str]
    plan_numbers: dict[int, int]
    taken: dict[int, list[Taken]]
    payouts: dict[int, PayoutOf]
    reasons: dict[int, str]


def read(
    session: Session, program: Program, ids: Collection[int], *, partner_id: int | None
) -> Found:
    """Return everything about some commissions, and about sales whose ids are given below zero."""
    rows = [
        *_commissions(session, program, [one for one in ids if one > 0]),
        *_open_sales(session, program, [-one for one in ids if one < 0], partner_id),
    ]
    sale_ids = {row.sale_id for row in rows if row.sale_id}
    found = deals.read(session, program, sale_ids)
    booked = [row.id for row in rows if row.id > 0]
    return Found(
        rows=rows,
        deals=found,
        returned=_returned(session, sale_ids),
        decisions=_decisions(session, sale_ids),
        originals=_originals(session, {row.original_id for row in rows if row.original_id}),
        sellers=_names(session, {deal.partner_id for deal in found.values()}),
        plan_numbers=_plan_numbers(session, program),
        taken=takings(session, booked),
        payouts=_payouts(session, booked),
        reasons=reasons(session, [row.id for row in rows]),
    )


def _commissions(session: Session, program: Program, ids: Collection[int]) -> list[Booked]:
    rows = session.execute(
        select(
            Commission.id,
            Commission.kind,
            Commission.state,
            Commission.reference,
            Partner.id,
            Partner.code,
            Partner.name,
            Partner.kind,
            Commission.sale_id,
            SaleRecord.reference,
            SaleRecord.paid_at,
            Commission.rule_id,
            Commission.original_id,
            Commission.refund_id,
            Commission.base_minor,
            Commission.rate_bps,
            Commission.amount_minor,
            Commission.effective_at,
            Commission.due_at,
        )
        .join(Partner, Partner.id == Commission.partner_id)
        .outerjoin(SaleRecord, SaleRecord.id == Commission.sale_id)
        .where(Commission.program_id == program.id, sets.among(session, Commission.id, ids))
    )
    return [Booked(*row) for row in rows]


def _open_sales(
    session: Session, program: Program, sale_ids: Collection[int], partner_id: int | None
) -> list[Booked]:
    """Return paid or cancelled sales as they earn a partner: the seller unless told."""
    whom = Conversion.partner_id if partner_id is None else partner_id
    rows = session.execute(
        select(
            (-Conversion.sale_id).label("open_id"),
            case((Partner.id == Conversion.partner_id, "sale"), else_="override"),
            case(
                (SaleRecord.state == SaleState.PAID, ESTIMATED),
                else_=CommissionState.REVERSED.value,
            ),
            SaleRecord.reference.label("named"),
            Partner.id,
            Partner.code,
            Partner.name,
            Partner.kind,
            Conversion.sale_id,
            SaleRecord.reference,
            SaleRecord.paid_at,
        )
        .select_from(Conversion)
        .join(Partner, Partner.id == whom)
        .join(SaleRecord, SaleRecord.id == Conversion.sale_id)
        .where(
            Conversion.program_id == program.id,
            or_(Conversion.partner_id == whom, Conversion.sponsor_id == whom),
            SaleRecord.state != SaleState.COMPLETED,
            sets.among(session, Conversion.sale_id, sale_ids),
        )
    )
    return [Booked._make([*row, None, None, None, 0, None, 0, row.paid_at, None]) for row in rows]


def _returned(session: Session, sale_ids: Iterable[int]) -> dict[int, list[Returned]]:
    rows = session.execute(
        select(
            RefundLineRecord.sale_id,
            RefundLineRecord.refund_id,
            RefundLineRecord.line_no,
            RefundLineRecord.quantity,
            RefundLineRecord.base_minor,
        )
        .where(sets.among(session, RefundLineRecord.sale_id, sale_ids))
        .order_by(RefundLineRecord.id)
    )
    found: dict[int, list[Returned]] = defaultdict(list)
    for sale_id, *columns in rows:
        found[sale_id].append(Returned(*columns))
    return found


def _decisions(session: Session, sale_ids: Iterable[int]) -> dict[int, Decision]:
    """Return the last decision on each sale."""
    rows = session.execute(
        select(
            AttributionDecision.sale_id,
            AttributionDecision.rule,
            AttributionDecision.reason,
            AttributionDecision.touches,
        )
        .where(sets.among(session, AttributionDecision.sale_id, sale_ids))
        .order_by(AttributionDecision.id)
    )
    return {sale_id: Decision(*columns) for sale_id, *columns in rows}


def _originals(session: Session, ids: Iterable[int]) -> dict[int, int]:
    rows = session.execute(
        select(Commission.id, Commission.amount_minor).where(
            sets.among(session, Commission.id, ids)
        )
    )
    return {commission_id: amount for commission_id, amount in rows}


def _names(session: Session, partner_ids: Iterable[int]) -> dict[int, str]:
    rows = session.execute(
        select(Partner.id, Partner.name).where(sets.among(session, Partner.id, partner_ids))
    )
    return {partner_id: name for partner_id, name in rows}


def _plan_numbers(session: Session, program: Program) -> dict[int, int]:
    rows = session.execute(
        select(PlanVersion.id, PlanVersion.number).where(PlanVersion.program_id == program.id)
    )
    return {version_id: number for version_id, number in rows}


def _payouts(session: Session, commission_ids: Iterable[int]) -> dict[int, PayoutOf]:
    """Return the last payout that claimed each commission."""
    arrived = (
        select(func.max(StateChange.effective_at))
        .where(
            StateChange.subject == "payout",
            StateChange.subject_id == Payout.id,
            StateChange.to_state == PayoutState.SETTLED,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            PayoutItem.commission_id,
            Payout.id,
            Payout.state,
            Payout.rail,
            Payout.rail_reference,
            arrived,
        )
        .join(Payout, Payout.id == PayoutItem.payout_id)
        .where(sets.among(session, PayoutItem.commission_id, commission_ids))
        .order_by(Payout.id)
    )
    return {commission_id: PayoutOf(*columns) for commission_id, *columns in rows}
