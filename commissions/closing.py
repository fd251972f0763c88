"""Closing a month: once its bonuses are awarded it is verified and sealed.

Decides which months can be closed, and in which order. The edge awards each month's bonuses
first; a month without an award can't be sealed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commissions import ledger
from commissions.errors import BooksBroken, MonthOpen
from commissions.models import BonusRun, Commission, Program, SaleRecord, Seal, Transfer
from commissions.periods import Month, aware, month_of, months_between, parse_month, zone_of


def due_months(session: Session, program: Program, through: Month) -> list[Month]:
    """Return the months to close, in order, from the first open one through the one given."""
    first = _first_open(session, program)
    return months_between(first, through) if first else []


def seal(session: Session, program: Program, month: Month, *, now: datetime, actor: str) -> Seal:
    """Verify the books and seal a month; one that is sealed stays as it is.

    Raises MonthOpen while it runs, before the month before it, or before its bonuses are
    awarded; BooksBroken when verification finds a fault.
    """
    ledger.stop_postings(session, program)
    sealed = session.scalar(
        select(Seal).where(Seal.program_id == program.id, Seal.month == str(month))
    )
    if sealed:
        return sealed
    _check_turn(session, program, month, now)
    report = ledger.verify(session, program)
    if not report.balanced:
        message = f"The books don't hold, so {month} stays open: {report.findings[0].detail}."
        raise BooksBroken(message)
    return ledger.write_seal(session, program, month, actor=actor)


def _first_open(session: Session, program: Program) -> Month | None:
    last = ledger.last_seal(session, program)
    if last:
        return parse_month(last.month).next()
    starts = [
        session.scalar(select(func.min(column)).where(table.program_id == program.id))
        for table, column in (
            (Transfer, Transfer.effective_at),
            (Commission, Commission.effective_at),
            (SaleRecord, SaleRecord.paid_at),
        )
    ]
    known = [start for start in starts if start is not None]
    return month_of(min(known), zone_of(program.time_zone)) if known else None


def _check_turn(session: Session, program: Program, month: Month, now: datetime) -> None:
    ends_at = month.ends_at(zone_of(program.time_zone))
    if aware(now) < ends_at:
        message = f"Month {month} runs until {ends_at.isoformat()}: close it after that."
        raise MonthOpen(message)
    first = _first_open(session, program)
    if first is not None and month != first:
        message = f"Month {first} is open: close it before {month}."
        raise MonthOpen(message)
    awarded = session.scalar(
        select(BonusRun.id).where(BonusRun.program_id == program.id, BonusRun.month == str(month))
    )
    if awarded is None:
        message = f"The bonuses of {month} aren't awarded: award them before it is sealed."
        raise MonthOpen(message)
