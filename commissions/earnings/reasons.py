"""Why a commission stands where it stands, and what was taken back of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.earnings.values import Taken
from commissions.models import Commission, RefundRecord, StateChange
from commissions.states import CommissionState, SaleState

_EXPLAINED = (
    CommissionState.HELD,
    CommissionState.HELD_READY,
    CommissionState.REJECTED,
    CommissionState.REVERSED,
)


def reasons(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the reasons of what was stopped, undone or taken back, by id.

    A cancelled order's is found by the sale's id below zero.
    """
    booked = [one for one in ids if one > 0]
    found = _refunds(session, booked)
    found |= _last(session, "commission", booked, _EXPLAINED)
    cancelled = _last(session, "sale", [-one for one in ids if one < 0], (SaleState.CANCELLED,))
    return found | {-sale_id: reason for sale_id, reason in cancelled.items()}


def takings(session: Session, commission_ids: Iterable[int]) -> dict[int, list[Taken]]:
    """Return what was taken back of each commission, in the order in which it was."""
    rows = session.execute(
        select(
            Commission.original_id,
            Commission.id,
            Commission.base_minor,
            Commission.amount_minor,
            Commission.state,
            Commission.effective_at,
            RefundRecord.occurred_at,
            RefundRecord.reason,
        )
        .join(RefundRecord, RefundRecord.id == Commission.refund_id)
        .where(sets.among(session, Commission.original_id, commission_ids))
        .order_by(Commission.id)
    )
    found: dict[int, list[Taken]] = defaultdict(list)
    for original_id, *columns in rows:
        found[original_id].append(Taken(*columns))
    return found


def _refunds(session: Session, commission_ids: Collection[int]) -> dict[int, str]:
    rows = session.execute(
        select(Commission.id, RefundRecord.reason)
        .join(RefundRecord, RefundRecord.id == Commission.refund_id)
        .where(sets.among(session, Commission.id, commission_ids))
    )
    return {commission_id: reason for commission_id, reason in rows}


def _last(
    session: Session, subject: str, ids: Collection[int], states: Iterable[str]
) -> dict[int, str]:
    """Return the reason of the last change of each, where that led to one of some states."""
    latest = (
        select(func.max(StateChange.id))
        .where(StateChange.subject == subject, sets.among(session, StateChange.subject_id, ids))
        .group_by(StateChange.subject_id)
    )
    rows = session.execute(
        select(StateChange.subject_id, StateChange.reason).where(
            StateChange.id.in_(latest),
            StateChange.to_state.in_([*states]),
            StateChange.reason.is_not(None),
        )
    )
    return {subject_id: reason for subject_id, reason in rows if reason}
