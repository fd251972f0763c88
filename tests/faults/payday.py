"""A pay day that can be killed: a batch to send, a process that dies at a point, the check after.

A point is each commit of the books and each call of the rail, before and after.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from commissions import (
    accrual,
    approval,
    conversions,
    ledger,
    partners,
    payouts,
    programs,
    settling,
)
from commissions.models import Partner, Program
from commissions.providers import PayoutOrder
from commissions.states import PayoutState
from commissions.values import Completion
from storefront import database, payout_run
from tests.factories import at, make_line, make_program, make_sale, make_terms, make_touch
from tests.faults.durable_rail import REFUSED, DurableRail

CODE = "roses"
SOLD, COMPLETED, RELEASED, PAYDAY = (
    at(day) for day in ("2024-01-05", "2024-01-10", "2024-02-15", "2024-02-16")
)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Job:
    """What a process is to do: send a batch, by which run, and at which point to die."""

    database_url: str
    rail_path: Path
    batch_id: int
    die_at: int | None = None
    naive: bool = False


@dataclass(frozen=True)
class Lived:
    """Whether a process came to its end, and the points that it passed."""

    ended: bool
    points: list[str]


def open_payday(engine: Engine) -> None:
    """Make the program: ten percent of everything."""
    with database.transaction(engine) as session:
        make_program(session, code=CODE)


def owe(engine: Engine, destinations: Sequence[str]) -> tuple[int, dict[str, int]]:
    """Make an approved batch that owes each destination another sum; return its id and the sums."""
    name = uuid4().hex[:8]
    with database.transaction(engine) as session:
        program = programs.find(session, CODE)
        enrolled = partners.enrol(
            session,
            program,
            [
                make_terms(f"{name}-{i}", payout_destination=f"{name}-{i} {destination}")
                for i, destination in enumerate(destinations)
            ],
        )
        _earn(session, program, enrolled)
        codes = [partner.code for partner in enrolled]  # and not those refused on earlier days
        batch = payouts.build_batch(
            session, program, maker="anna", at=PAYDAY, partner_codes=codes
        ).batch
        assert batch
        payouts.approve(session, program, batch.id, checker="binh", at=PAYDAY)
        sums = {partner.payout_destination or "": 100 + i for i, partner in enumerate(enrolled)}
        return batch.id, sums


def live(job: Job) -> Lived:
    """Send a batch in a process of its own, which is killed at its point."""
    seen = job.rail_path.with_suffix(".points")
    seen.write_text("", encoding="utf-8")
    process = FORKS.Process(target=_life, args=(job, seen))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return Lived(process.exitcode == 0, seen.read_text(encoding="utf-8").splitlines())


def finish(engine: Engine, batch_id: int, rail: DurableRail) -> None:
    """Do what the next runs do: send, ask about what can't be told, send, settle."""
    rails = {rail.name: rail}
    for run in (_send(batch_id), payout_run.resolve_unknown) * 2 + (payout_run.settle_arrived,):
        run(engine, CODE, rails, actor="job", now=PAYDAY)


def faults(engine: Engine, rail: DurableRail, owed: dict[str, int]) -> list[str]:
    """Compare what was owed with the rail and with the books, and name what differs."""
    found = []
    paid: dict[str, list[int]] = {destination: [] for destination in owed}
    for _, amount, destination in rail.payments():
        paid.setdefault(destination, []).append(amount)
    for destination, amounts in paid.items():
        wanted = [] if destination.endswith(REFUSED) else [owed.get(destination, 0)]
        if len(amounts) != len(wanted):
            found.append(f"{destination} is paid {len(amounts)} times, owed {len(wanted)} times")
        elif amounts != wanted:
            found.append(f"{destination} is paid {amounts}, owed {wanted}")
    with database.transaction(engine) as session:
        found += _faults_of_the_books(session, sum(sum(amounts) for amounts in paid.values()))
    return found


def _earn(session: Session, program: Program, enrolled: Sequence[Partner]) -> None:
    """Let the first one earn 100, the next 101, and so on, and release it."""
    sales = [
        make_sale(
            f"S-{partner.code}",
            paid_at=SOLD,
            lines=(make_line(amount_minor=1_000 + 10 * i),),
            touches=(make_touch(partner, SOLD),),
        )
        for i, partner in enumerate(enrolled)
    ]
    conversions.record(session, program, sales)
    done = [Completion(sale.reference, COMPLETED) for sale in sales]
    accrual.accrue(session, program, done, actor="shop")
    approval.release(session, program, at=RELEASED, actor="job")


def _send(batch_id: int) -> Callable[..., object]:
    def send(engine: Engine, code: str, rails: dict[str, DurableRail], **who: object) -> object:
        return payout_run.send_batch(engine, code, batch_id, rails, **who)  # type: ignore[arg-type]

    return send


def _faults_of_the_books(session: Session, paid: int) -> list[str]:
    program = programs.find(session, CODE)
    found = [f"{one.check}: {one.detail}" for one in ledger.verify(session).findings]
    ends = (PayoutState.SETTLED, PayoutState.FAILED)
    stuck = payouts.in_state(session, program, *(s for s in PayoutState if s not in ends))
    found += [f"payout {payout.id} is left {payout.state}" for payout in stuck]
    booked = -ledger.balance(session, program, ledger.cash("test"))
    if booked != paid:
        found.append(f"the books say that {booked} left, the rail {paid}")
    return found


# From here on: inside the process that dies.


class Points:
    """Counts the points, writes each down, and dies at one."""

    def __init__(self, die_at: int | None, seen: Path) -> None:
        self._left, self._seen = die_at, seen

    def pass_by(self, name: str) -> None:
        with self._seen.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left = None if self._left is None else self._left - 1


def _life(job: Job, seen: Path) -> None:
    points = Points(job.die_at, seen)
    engine = database.make_engine(job.database_url)

    @event.listens_for(engine, "commit")
    def _before_commit(_connection: Connection) -> None:
        points.pass_by("before commit")

    @event.listens_for(Session, "after_commit")
    def _after_commit(_session: Session) -> None:
        points.pass_by("after commit")

    rail = DurableRail(job.rail_path, points.pass_by, idempotent=not job.naive)
    if job.naive:
        _send_naively(engine, job.batch_id, rail)
    else:
        payout_run.send_batch(
            engine, CODE, job.batch_id, {rail.name: rail}, actor="job", now=PAYDAY
        )


def _send_naively(engine: Engine, batch_id: int, rail: DurableRail) -> None:
    """Pay without a key, and write it down afterwards: what nobody must do."""
    with database.transaction(engine) as session:
        _, listed = payouts.find_batch(session, programs.find(session, CODE), batch_id)
    for payout in listed:
        if payout.state != PayoutState.APPROVED:
            continue
        order = PayoutOrder(uuid4().hex, payout.amount_minor, "EUR", payout.destination)
        outcome = rail.send(order)
        with database.transaction(engine) as session:
            program = programs.find(session, CODE)
            settling.begin_sending(session, program, [payout.id], at=PAYDAY, actor="job")
            settling.record_outcomes(session, program, {payout.id: outcome}, at=PAYDAY, actor="job")
