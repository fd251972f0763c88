"""Awarding the tier bonuses of a month that ended.

Decides whose volume counts: the bases of own sale commissions effective in the month less those
taken back in it, rejected ones left out. ``tiers`` says what a volume earns. A bonus is
effective at the month's last instant and due the program's hold days later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from commissions import booking, ledger
from commissions.errors import MonthOpen, MonthSealed, NoPlanInForce
from commissions.models import BonusRun, Commission, Partner, Program
from commissions.periods import Month, aware, zone_of
from commissions.plans import Plans
from commissions.states import CommissionState
from commissions.tiers import Bonus, Standing, Tier, bonuses


class Awarded(NamedTuple):
    """How many bonuses a month brought, and their sum; ``new`` is False for a repeat."""

    month: str
    bonuses: int
    amount_minor: int
    new: bool


def award(
    session: Session, program: Program, month: Month, *, now: datetime, actor: str
) -> Awarded:
    """Book a month's bonuses, once. Raises MonthOpen while it runs, MonthSealed when too late."""
    ledger.stop_postings(session, program)
    done = awarded(session, program, month)
    if done:
        return Awarded(str(month), done.bonuses, done.amount_minor, new=False)
    zone = zone_of(program.time_zone)
    ends_at = month.ends_at(zone)
    if aware(now) < ends_at:
        message = f"Month {month} runs until {ends_at.isoformat()}: close it after that."
        raise MonthOpen(message)
    opened = ledger.open_from(session, program)
    if opened is not None and ends_at <= opened:
        message = f"Month {month} is sealed: its bonuses can't be awarded any more."
        raise MonthSealed(message)
    tiers = _tiers(session, program, month.last_instant(zone))
    earned = bonuses(_standings(session, program, month), tiers)
    booking.book(session, program, _rows(session, program, month, earned))
    run = BonusRun(
        program_id=program.id,
        month=str(month),
        bonuses=len(earned),
        amount_minor=sum(bonus.amount_minor for bonus in earned),
        actor=actor,
    )
    session.add(run)
    session.flush()
    return Awarded(run.month, run.bonuses, run.amount_minor, new=True)


def awarded(session: Session, program: Program, month: Month) -> BonusRun | None:
    """Return the run that awarded a month's bonuses, None when there was none."""
    return session.scalar(
        select(BonusRun).where(BonusRun.program_id == program.id, BonusRun.month == str(month))
    )


def _tiers(session: Session, program: Program, at: datetime) -> tuple[Tier, ...]:
    """Return the tiers in force at an instant; a month before the first plan has none."""
    try:
        return Plans(session, program).in_force(at).tiers
    except NoPlanInForce:
        return ()


def _standings(session: Session, program: Program, month: Month) -> list[Standing]:
    zone = zone_of(program.time_zone)
    original = aliased(Commission)
    own_sales = or_(
        Commission.kind == "sale",
        Commission.original_id.in_(
            select(original.id).where(original.kind == "sale", original.program_id == program.id)
        ),
    )
    volume = (
        select(Commission.partner_id, func.sum(Commission.base_minor).label("volume"))
        .where(
            Commission.program_id == program.id,
            Commission.effective_at >= month.starts_at(zone),
            Commission.effective_at < month.ends_at(zone),
            Commission.state != CommissionState.REJECTED,
            own_sales,
        )
        .group_by(Commission.partner_id)
        .subquery()
    )
    rows = session.execute(
        select(Partner.id, Partner.kind, Partner.sponsor_id, func.coalesce(volume.c.volume, 0))
        .outerjoin(volume, volume.c.partner_id == Partner.id)
        .where(Partner.program_id == program.id)
        .order_by(Partner.id)
    )
    return [Standing(row[0], row[1], row[2], int(row[3])) for row in rows]


def _rows(
    session: Session, program: Program, month: Month, earned: Sequence[Bonus]
) -> list[dict[str, Any]]:
    partners = session.execute(
        select(Partner.id, Partner.code).where(Partner.program_id == program.id)
    )
    codes = {partner_id: code for partner_id, code in partners}
    at = month.last_instant(zone_of(program.time_zone))
    return [
        {
            "program_id": program.id,
            "partner_id": bonus.partner_id,
            "kind": "bonus",
            "reference": f"{month}:{codes[bonus.partner_id]}",
            "base_minor": bonus.volume_minor,
            "rate_bps": bonus.tier.rate_bps,
            "amount_minor": bonus.amount_minor,
            "state": CommissionState.ON_HOLD,
            "effective_at": at,
            "due_at": at + timedelta(days=program.hold_days),
        }
        for bonus in earned
    ]
