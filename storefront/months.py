"""Closing months, one transaction each: award the bonuses, verify, seal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from commissions import bonuses, closing, programs
from commissions.errors import MonthOpen
from commissions.periods import Month, zone_of
from commissions.progress import Advance, untold
from storefront import database
from storefront.intake import importing


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month that was closed now: its bonuses in minor units, its transfers and their digest."""

    month: str
    bonuses: int
    bonus_minor: int
    transfers: int
    digest: str


def close_through(
    engine: Engine,
    program_code: str,
    last: Month,
    *,
    now: datetime,
    actor: str,
    advance: Advance = untold,
) -> list[ClosedMonth]:
    """Close every open month through the last; what is closed stays as it is.

    Raises, before anything is closed, MonthOpen when the last month runs, and ImportUnfinished
    when an import broke off: its rest may belong to these months.
    """
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        ends_at = last.ends_at(zone_of(program.time_zone))
        if now < ends_at:
            raise MonthOpen(f"Month {last} runs until {ends_at.isoformat()}: close it after that.")
        importing.check_finished(session, program)
        due = closing.due_months(session, program, last)
    closed = []
    for done, month in enumerate(due, start=1):
        closed.append(_close(engine, program_code, month, now=now, actor=actor))
        advance("closing months", done, len(due))
    return closed


def _close(
    engine: Engine, program_code: str, month: Month, *, now: datetime, actor: str
) -> ClosedMonth:
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        awarded = bonuses.award(session, program, month, now=now, actor=actor)
        seal = closing.seal(session, program, month, now=now, actor=actor)
        return ClosedMonth(
            awarded.month, awarded.bonuses, awarded.amount_minor, seal.transfers, seal.digest
        )
