"""The trail of one order: touches, decision, quote, transfers and states, as the books tell it.

Reads what happened, in order. Books nothing and decides nothing; the quote is made again from
the frozen plan version, on what was left of the lines when the order was completed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from commissions import sets
from commissions.errors import SaleUnknown
from commissions.models import (
    Account,
    AttributionDecision,
    Commission,
    Conversion,
    Partner,
    Payout,
    PayoutItem,
    Program,
    RefundLineRecord,
    RefundRecord,
    SaleLineRecord,
    SaleRecord,
    StateChange,
    Transfer,
)
from commissions.plans import Plans
from commissions.rules import Quote, QuoteLine, quote
from commissions.states import SaleState

_BY_COMMISSION = ("accrual", "override", "clawback", "release", "reject")
_BY_PAYOUT = ("payout_reserve", "payout_settle", "payout_fail", "payout_return")


class TrailReturn(NamedTuple):
    """Pieces of a line that came back before the order was completed, and so never earned."""

    line_no: int
    quantity: int
    base_minor: int


class TrailTransfer(NamedTuple):
    """One transfer that the order caused; accounts as ``role`` or ``role code``.

    ``share_minor`` is the order's own part: a payout moves what many orders earned.
    """

    id: int
    effective_at: datetime
    code: str
    debit: str
    credit: str
    amount_minor: int
    share_minor: int


class TrailCommission(NamedTuple):
    """One commission of the order: whose, which kind, how much, where it stands."""

    id: int
    partner_code: str
    kind: str
    base_minor: int
    rate_bps: int | None
    amount_minor: int
    state: str
    due_at: datetime | None


class TrailMove(NamedTuple):
    """One change of state: of what, from where to where, when, by whom, why."""

    subject: str
    subject_id: int
    from_state: str
    to_state: str
    effective_at: datetime
    actor: str
    reason: str | None


@dataclass(frozen=True)
class Trail:
    """All that the books know of one order; without a conversion it earned nobody anything.

    ``lines`` are as they were sold. The quote is on what ``returned`` leaves of them, and None
    for an order that was cancelled: nothing is estimated any more.
    """

    reference: str
    state: str
    paid_at: datetime
    completed_at: datetime | None
    lines: tuple[QuoteLine, ...]
    returned: tuple[TrailReturn, ...]
    decision: str
    partner_code: str | None
    touches: tuple[dict[str, Any], ...]
    quote: Quote | None
    override_bps: int
    commissions: tuple[TrailCommission, ...]
    transfers: tuple[TrailTransfer, ...]
    moves: tuple[TrailMove, ...]


def of_sale(session: Session, program: Program, reference: str) -> Trail:
    """Return the trail of a sale; raises SaleUnknown."""
    sale = session.scalar(
        select(SaleRecord).where(
            SaleRecord.program_id == program.id, SaleRecord.reference == reference
        )
    )
    if sale is None:
        raise SaleUnknown(f"Sale {reference} is unknown: it was never reported as paid.")
    decision = session.scalars(
        select(AttributionDecision)
        .where(AttributionDecision.sale_id == sale.id)
        .order_by(AttributionDecision.id.desc())
        .limit(1)
    ).one()
    winner = session.get(Partner, decision.partner_id) if decision.partner_id else None
    lines, returned = _lines(session, sale.id), _returned(session, sale)
    found, override_bps = _quote(session, program, sale, _left(lines, returned))
    commissions = _commissions(session, sale.id)
    ids = [commission.id for commission in commissions]
    payout_ids = session.scalars(
        select(PayoutItem.payout_id)
        .where(sets.among(session, PayoutItem.commission_id, ids))
        .distinct()
    ).all()
    return Trail(
        reference=sale.reference,
        state=sale.state,
        paid_at=sale.paid_at,
        completed_at=sale.completed_at,
        lines=lines,
        returned=returned,
        decision=f"{decision.rule}: {decision.reason}",
        partner_code=winner.code if winner else None,
        touches=tuple(decision.touches),
        quote=found,
        override_bps=override_bps,
        commissions=commissions,
        transfers=_transfers(session, program, ids, payout_ids),
        moves=_moves(session, sale.id, ids, payout_ids),
    )


def _lines(session: Session, sale_id: int) -> tuple[QuoteLine, ...]:
    rows = session.execute(
        select(
            SaleLineRecord.line_no,
            SaleLineRecord.stock_code,
            SaleLineRecord.category,
            SaleLineRecord.amount_minor,
        )
        .where(SaleLineRecord.sale_id == sale_id)
        .order_by(SaleLineRecord.line_no)
    )
    return tuple(QuoteLine(*row) for row in rows)


def _returned(session: Session, sale: SaleRecord) -> tuple[TrailReturn, ...]:
    """Return what came back before completion: what came later, clawbacks answer for."""
    statement = (
        select(
            RefundLineRecord.line_no,
            func.sum(RefundLineRecord.quantity),
            func.sum(RefundLineRecord.base_minor),
        )
        .join(RefundRecord, RefundRecord.id == RefundLineRecord.refund_id)
        .where(RefundLineRecord.sale_id == sale.id)
        .group_by(RefundLineRecord.line_no)
        .order_by(RefundLineRecord.line_no)
    )
    if sale.completed_at is not None:
        clawed_back = select(Commission.id).where(
            Commission.refund_id == RefundRecord.id, Commission.sale_id == sale.id
        )
        statement = statement.where(
            RefundRecord.occurred_at <= sale.completed_at, ~clawed_back.exists()
        )
    rows = session.execute(statement)
    return tuple(TrailReturn(row[0], int(row[1]), int(row[2])) for row in rows)


def _left(lines: Sequence[QuoteLine], returned: Sequence[TrailReturn]) -> tuple[QuoteLine, ...]:
    back = {one.line_no: one.base_minor for one in returned}
    return tuple(
        replace(line, base_minor=line.base_minor - back.get(line.line_no, 0)) for line in lines
    )


def _quote(
    session: Session, program: Program, sale: SaleRecord, lines: tuple[QuoteLine, ...]
) -> tuple[Quote | None, int]:
    conversion = session.get(Conversion, sale.id)
    if conversion is None:
        return None, 0
    plan = Plans(session, program).by_id(conversion.plan_version_id)
    if sale.state == SaleState.CANCELLED:
        return None, plan.override_bps
    return quote(plan, lines, partner_kind=conversion.partner_kind), plan.override_bps


def _commissions(session: Session, sale_id: int) -> tuple[TrailCommission, ...]:
    rows = session.execute(
        select(
            Commission.id,
            Partner.code,
            Commission.kind,
            Commission.base_minor,
            Commission.rate_bps,
            Commission.amount_minor,
            Commission.state,
            Commission.due_at,
        )
        .join(Partner, Partner.id == Commission.partner_id)
        .where(Commission.sale_id == sale_id)
        .order_by(Commission.id)
    )
    return tuple(TrailCommission(*row) for row in rows)


def _transfers(
    session: Session, program: Program, commission_ids: Sequence[int], payout_ids: Sequence[int]
) -> tuple[TrailTransfer, ...]:
    shares = _shares(session, commission_ids)
    debit, credit = aliased(Account), aliased(Account)
    debtor, creditor = aliased(Partner), aliased(Partner)
    rows = session.execute(
        select(
            Transfer.id,
            Transfer.effective_at,
            Transfer.code,
            debit.role,
            debtor.code,
            credit.role,
            creditor.code,
            Transfer.amount_minor,
            Transfer.cause_id,
        )
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .outerjoin(debtor, debtor.id == debit.partner_id)
        .outerjoin(creditor, creditor.id == credit.partner_id)
        .where(
            Transfer.program_id == program.id,
            or_(
                Transfer.code.in_(_BY_COMMISSION)
                & sets.among(session, Transfer.cause_id, commission_ids),
                Transfer.code.in_(_BY_PAYOUT) & sets.among(session, Transfer.cause_id, payout_ids),
            ),
        )
        .order_by(Transfer.id)
    )
    return tuple(
        TrailTransfer(
            row[0],
            row[1],
            row[2],
            _account(row[3], row[4]),
            _account(row[5], row[6]),
            row[7],
            shares.get(row[8], 0) if row[2] in _BY_PAYOUT else row[7],
        )
        for row in rows
    )


def _shares(session: Session, commission_ids: Sequence[int]) -> dict[int, int]:
    """Return what each payout claimed of some commissions, by its id."""
    rows = session.execute(
        select(PayoutItem.payout_id, func.sum(PayoutItem.amount_minor))
        .where(sets.among(session, PayoutItem.commission_id, commission_ids))
        .group_by(PayoutItem.payout_id)
    )
    return {payout_id: int(amount) for payout_id, amount in rows}


def _account(role: str, partner_code: str | None) -> str:
    return f"{role} {partner_code}" if partner_code else role


def _moves(
    session: Session, sale_id: int, commission_ids: Sequence[int], payout_ids: Sequence[int]
) -> tuple[TrailMove, ...]:
    batches = select(Payout.batch_id).where(sets.among(session, Payout.id, payout_ids))
    rows = session.execute(
        select(*(getattr(StateChange, name) for name in TrailMove._fields))
        .where(
            or_(
                (StateChange.subject == "sale") & (StateChange.subject_id == sale_id),
                (StateChange.subject == "commission")
                & sets.among(session, StateChange.subject_id, commission_ids),
                (StateChange.subject == "payout")
                & sets.among(session, StateChange.subject_id, payout_ids),
                (StateChange.subject == "batch") & StateChange.subject_id.in_(batches),
            )
        )
        .order_by(StateChange.id)
    )
    return tuple(TrailMove(*row) for row in rows)
