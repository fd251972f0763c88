"""Due work, found by looking: unpaid orders, holds, payouts, months, and books to be verified.

Decides what is due. Every step is a transaction of its own and harmless when done twice, so
several workers may scan at once and any of them may die.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from commissions import closing, programs
from commissions.errors import HoahongError
from commissions.periods import DAY, Month, month_of, zone_of
from commissions.providers import PayoutRail
from storefront import book_checks, database, holds, months, payout_run, verification
from storefront.logs import log
from storefront.orders import workflow

ACTOR = "jobs"


@dataclass(slots=True)
class Done:
    """What one scan did for a program; filled as each step is committed, so a refusal hides none.

    ``balanced`` tells what verification found, None when it wasn't due.
    """

    program: str
    orders_expired: int = 0
    released: int = 0
    payouts_moved: int = 0
    months_closed: tuple[str, ...] = ()
    balanced: bool | None = None
    refusal: str | None = None


def run_once(engine: Engine, rails: Mapping[str, PayoutRail], *, now: datetime) -> list[Done]:
    """Do what is due in every program; a refusal or fault in one is told, and stops no other.

    Books are verified even when another step was refused: then most of all.
    """
    with database.snapshot(engine) as session:
        scans = [Done(program.code) for program in programs.everyone(session)]
    for done in scans:
        for step in (_tell_of_sales, _give_up_orders, partial(_move_money, rails), _verify_books):
            _try(partial(step, engine, done, now), done)
    return scans


def _try(step: Callable[[], None], done: Done) -> None:
    """Take a step; the first refusal of a scan is kept, and a fault of ours stops no other step."""
    try:
        step()
    except (HoahongError, DBAPIError) as refusal:
        done.refusal = done.refusal or str(refusal).splitlines()[0]
    except Exception as fault:  # noqa: BLE001  # reason: the books are verified all the same
        log.exception("jobs", program=done.program)
        done.refusal = done.refusal or f"A step broke, the log says where: {type(fault).__name__}"


def _tell_of_sales(engine: Engine, done: Done, now: datetime) -> None:
    """Tell the engine again of sales that it refused when they were paid."""
    del now
    with database.transaction(engine) as session:
        workflow.tell_untold(session, program=programs.find(session, done.program))


def _give_up_orders(engine: Engine, done: Done, now: datetime) -> None:
    with database.transaction(engine) as session:
        program = programs.find(session, done.program)
        done.orders_expired = workflow.expire_unpaid(session, at=now, program=program)


def _move_money(rails: Mapping[str, PayoutRail], engine: Engine, done: Done, now: datetime) -> None:
    """Release, pay and close what is due, each only when the one before was not refused."""
    for released in holds.release_due(engine, done.program, at=now, actor=ACTOR):
        done.released += released.commissions
    for move in (
        payout_run.send_approved,
        payout_run.resolve_unknown,
        payout_run.settle_arrived,
    ):
        done.payouts_moved += move(engine, done.program, rails, actor=ACTOR, now=now)
    for month in _due_months(engine, done.program, now=now):
        months.close_through(engine, done.program, month, now=now, actor=ACTOR)
        done.months_closed += (str(month),)


def _due_months(engine: Engine, code: str, *, now: datetime) -> list[Month]:
    """Return the months that ended the program's number of days ago; without one, none."""
    with database.snapshot(engine) as session:
        program = programs.find(session, code)
        if program.close_after_days is None:
            return []
        zone = zone_of(program.time_zone)
        running = month_of(now - program.close_after_days * DAY, zone)
        last = month_of(running.starts_at(zone) - timedelta(days=1), zone)
        return closing.due_months(session, program, last)


def _verify_books(engine: Engine, done: Done, now: datetime) -> None:
    """Verify the program's books once on each of its local days."""
    with database.snapshot(engine) as session:
        program = programs.find(session, done.program)
        due = book_checks.is_due(session, program, now=now)
    if due:
        done.balanced = verification.verify(engine, done.program, now=now).balanced
