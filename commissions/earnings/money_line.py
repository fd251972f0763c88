"""The money line of one partner: estimated, on hold, held, ready, in payout, paid; what comes next.

What finance has stopped counts as held alone, whichever account it lies in: no day and no payout
moves it on. Ready may be below nothing: a debt that the next payout takes.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, String, case, cast, func, or_, select
from sqlalchemy.orm import Session

from commissions import ledger
from commissions.earnings import deals
from commissions.models import Commission, Conversion, Payout, Program, SaleRecord, Transfer
from commissions.periods import aware, zone_of
from commissions.states import MONEY_LIES_IN, CommissionState, SaleState


class Totals(NamedTuple):
    """Where a partner's money stands, in minor units."""

    estimated_minor: int
    on_hold_minor: int
    held_minor: int
    ready_minor: int
    in_payout_minor: int
    paid_minor: int

    @property
    def sum_minor(self) -> int:
        """All of it."""
        return sum(self)


class Release(NamedTuple):
    """When money on hold becomes ready next, and how much on that day of the program's zone."""

    at: datetime
    amount_minor: int


def totals(session: Session, program: Program, partner_id: int) -> Totals:
    """Return the money line of a partner; an override is estimated like the seller's own."""
    refs = (ledger.accrued(partner_id), ledger.payable(partner_id), ledger.in_payout(partner_id))
    accrued, payable, in_payout = (ledger.balance(session, program, ref) for ref in refs)
    held = _held(session, program, partner_id)
    return Totals(
        _estimated(session, program, partner_id),
        accrued - held["accrued"],
        sum(held.values()),
        payable - held["payable"],
        in_payout,
        _paid(session, program, partner_id),
    )


def next_release(
    session: Session, program: Program, partner_id: int, *, after: datetime
) -> Release | None:
    """Return when money becomes ready next; what was due before ``after`` counts as due then."""
    waiting = (
        Commission.program_id == program.id,
        Commission.partner_id == partner_id,
        Commission.state == CommissionState.ON_HOLD,
        Commission.amount_minor != 0,
    )
    first = session.scalar(select(func.min(Commission.due_at)).where(*waiting))
    if first is None:
        return None
    at = max(first, aware(after))
    amount = session.scalar(
        select(func.sum(Commission.amount_minor)).where(
            *waiting, Commission.due_at < _end_of_day(at, program)
        )
    )
    return Release(at, int(amount or 0))


def _estimated(session: Session, program: Program, partner_id: int) -> int:
    sale_ids = session.scalars(
        select(Conversion.sale_id)
        .join(SaleRecord, SaleRecord.id == Conversion.sale_id)
        .where(
            Conversion.program_id == program.id,
            of_partner(partner_id),
            SaleRecord.state == SaleState.PAID,
        )
    ).all()
    found = deals.read(session, program, sale_ids)
    return sum(deal.estimate(partner_id) for deal in found.values())


def _held(session: Session, program: Program, partner_id: int) -> dict[str, int]:
    """Return what is held for review, less what was taken back of it, by where it lies."""
    rows = session.execute(
        select(Commission.state, func.sum(Commission.amount_minor))
        .where(
            Commission.program_id == program.id,
            Commission.partner_id == partner_id,
            Commission.state.in_((CommissionState.HELD, CommissionState.HELD_READY)),
        )
        .group_by(Commission.state)
    )
    return {"accrued": 0, "payable": 0} | {
        MONEY_LIES_IN[state]: int(amount) for state, amount in rows
    }


def of_partner(partner_id: int) -> ColumnElement[bool]:
    """Return a condition: conversions that earn a partner, as their seller or the sponsor."""
    return or_(Conversion.partner_id == partner_id, Conversion.sponsor_id == partner_id)


def _paid(session: Session, program: Program, partner_id: int) -> int:
    signed = case(
        (Transfer.code == "payout_return", -Transfer.amount_minor), else_=Transfer.amount_minor
    )
    # By the transfers' key, which is indexed: what moves a payout once bears the payout's id.
    own = select(cast(Payout.id, String)).where(
        Payout.program_id == program.id, Payout.partner_id == partner_id
    )
    paid = session.scalar(
        select(func.sum(signed)).where(
            Transfer.program_id == program.id,
            Transfer.code.in_(("payout_settle", "payout_return")),
            Transfer.reference.in_(own),
        )
    )
    return int(paid or 0)


def _end_of_day(at: datetime, program: Program) -> datetime:
    zone = zone_of(program.time_zone)
    next_day = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(next_day, time(), zone).astimezone(UTC)
