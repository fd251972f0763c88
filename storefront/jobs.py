"""Due work, found by looking: holds that are over, payouts on their way, months that ended.

Decides what is due. Every step is a transaction of its own and harmless when done twice, so
several workers may scan at once and any of them may die.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from commissions import approval, closing, programs
from commissions.errors import HoahongError
from commissions.periods import DAY, month_of, zone_of
from commissions.providers import PayoutRail
from storefront import database, months, payout_run

ACTOR = "jobs"


@dataclass(frozen=True, slots=True)
class Done:
    """What one scan did for a program."""

    program: str
    released: int
    payouts_moved: int
    months_closed: tuple[str, ...]
    refusal: str | None = None


def run_once(engine: Engine, rails: Mapping[str, PayoutRail], *, now: datetime) -> list[Done]:
    """Do what is due in every program; a refusal in one is told, and doesn't stop the others."""
    with database.transaction(engine) as session:
        codes = [program.code for program in programs.everyone(session)]
    return [_try_program(engine, code, rails, now=now) for code in codes]


def _try_program(
    engine: Engine, code: str, rails: Mapping[str, PayoutRail], *, now: datetime
) -> Done:
    try:
        return _run_program(engine, code, rails, now=now)
    except (HoahongError, DBAPIError) as refusal:
        return Done(code, 0, 0, (), refusal=str(refusal).splitlines()[0])


def _run_program(
    engine: Engine, code: str, rails: Mapping[str, PayoutRail], *, now: datetime
) -> Done:
    with database.transaction(engine) as session:
        program = programs.find(session, code)
        released = approval.release(session, program, at=now, actor=ACTOR)
    sent = payout_run.send_approved(engine, code, rails, actor=ACTOR, now=now)
    told = payout_run.resolve_unknown(engine, code, rails, actor=ACTOR, now=now)
    settled = payout_run.settle_arrived(engine, code, rails, actor=ACTOR, now=now)
    closed = _close_months(engine, code, now=now)
    return Done(code, released.commissions, sent + told + settled, closed)


def _close_months(engine: Engine, code: str, *, now: datetime) -> tuple[str, ...]:
    """Close the months that ended the program's number of days ago; without one, none."""
    with database.transaction(engine) as session:
        program = programs.find(session, code)
        if program.close_after_days is None:
            return ()
        zone = zone_of(program.time_zone)
        running = month_of(now - program.close_after_days * DAY, zone)
        last = month_of(running.starts_at(zone) - timedelta(days=1), zone)
        if not closing.due_months(session, program, last):
            return ()
    closed = months.close_through(engine, code, last, now=now, actor=ACTOR)
    return tuple(month.month for month in closed)
