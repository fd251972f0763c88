"""Sending payouts: commit, call the rail, commit. Safe to run again after any break.

Composes ``payouts`` and ``settling`` with the rails, one payout at a time: a kill between two
calls leaves at most one of which the rail must be asked. No rail is called inside an open
transaction; a rail that raises has said nothing, so the payout waits as unknown until the rail or
a person can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from commissions import payouts, programs, settling
from commissions.errors import HoahongError, StateConflict
from commissions.models import Payout
from commissions.progress import Advance, untold
from commissions.providers import (
    ManualRail,
    Outcome,
    OutcomeKind,
    PayoutOrder,
    PayoutRail,
    TestRail,
)
from commissions.states import BatchState, PayoutState
from storefront import database

RAILS: Mapping[str, PayoutRail] = {rail.name: rail for rail in (TestRail(), ManualRail())}
"""The rails that this program knows, by name."""


_LONGEST_SAID = 300


class RailUnknown(HoahongError):
    """A payout names a rail that this program doesn't have."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How many payouts ended a run in which state."""

    states: Mapping[str, int]

    def __getitem__(self, state: str) -> int:
        """Return how many are in a state."""
        return self.states.get(state, 0)


def send_batch(
    engine: Engine,
    program_code: str,
    batch_id: int,
    rails: Mapping[str, PayoutRail],
    *,
    actor: str,
    now: datetime,
    advance: Advance = untold,
) -> Summary:
    """Send what is approved of a batch; first ask the rails about what was perhaps sent before.

    Raises RailUnknown before anything is sent, StateConflict for a batch that isn't approved.
    """
    listed = _of_batch(engine, program_code, batch_id)
    _check_rails(listed, rails)
    for payout in listed:
        if payout.state in {PayoutState.SENDING, PayoutState.UNKNOWN}:
            _ask(engine, program_code, payout.id, rails, actor=actor, now=now)
    approved = [
        payout
        for payout in _of_batch(engine, program_code, batch_id)
        if payout.state == PayoutState.APPROVED
    ]
    for done, payout in enumerate(approved, start=1):
        _send(engine, program_code, payout.id, rails, actor=actor, now=now)
        advance("sending payouts", done, len(approved))
    return _summary(_of_batch(engine, program_code, batch_id))


def send_approved(
    engine: Engine,
    program_code: str,
    rails: Mapping[str, PayoutRail],
    *,
    actor: str,
    now: datetime,
) -> int:
    """Send what is approved in every batch; return how many payouts that were."""
    waiting = _in_state(engine, program_code, PayoutState.APPROVED)
    _check_rails(waiting, rails)
    for payout in waiting:
        _send(engine, program_code, payout.id, rails, actor=actor, now=now)
    return len(waiting)


def resolve_unknown(
    engine: Engine,
    program_code: str,
    rails: Mapping[str, PayoutRail],
    *,
    actor: str,
    now: datetime,
) -> int:
    """Ask the rails about payouts that were perhaps sent; return how many they could tell."""
    waiting = _in_state(engine, program_code, PayoutState.SENDING, PayoutState.UNKNOWN)
    _check_rails(waiting, rails)
    return sum(
        _ask(engine, program_code, payout.id, rails, actor=actor, now=now)
        not in {PayoutState.SENDING, PayoutState.UNKNOWN}
        for payout in waiting
    )


def settle_arrived(
    engine: Engine,
    program_code: str,
    rails: Mapping[str, PayoutRail],
    *,
    actor: str,
    now: datetime,
) -> int:
    """Ask the rails about sent payouts and settle those that arrived; return how many."""
    waiting = _in_state(engine, program_code, PayoutState.SENT)
    _check_rails(waiting, rails)
    return sum(
        _ask(engine, program_code, payout.id, rails, actor=actor, now=now) == PayoutState.SETTLED
        for payout in waiting
    )


def _send(
    engine: Engine,
    program_code: str,
    payout_id: int,
    rails: Mapping[str, PayoutRail],
    *,
    actor: str,
    now: datetime,
) -> None:
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        orders = settling.begin_sending(session, program, [payout_id], at=now, actor=actor)
        rail = rails[session.get_one(Payout, payout_id).rail]
    for order in orders:  # none when another worker has it
        said = _said_of_sending(rail, order)
        _record(engine, program_code, payout_id, said, actor=actor, now=now)


def _ask(
    engine: Engine,
    program_code: str,
    payout_id: int,
    rails: Mapping[str, PayoutRail],
    *,
    actor: str,
    now: datetime,
) -> str:
    """Ask a payout's rail what became of it, write that down, and return the payout's state."""
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        payout = session.get_one(Payout, payout_id)
        order, rail = settling.order_of(program, payout), rails[payout.rail]
    found = _said_of_finding(rail, order)
    return _record(engine, program_code, payout_id, found, actor=actor, now=now)


def _said_of_sending(rail: PayoutRail, order: PayoutOrder) -> Outcome:
    try:
        return rail.send(order)
    except Exception as fault:  # noqa: BLE001  # reason: whatever a rail raises, the money may have moved
        return Outcome(OutcomeKind.UNKNOWN, reason=f"{type(fault).__name__}: {fault}")


def _said_of_finding(rail: PayoutRail, order: PayoutOrder) -> Outcome:
    try:
        return rail.find(order)
    except Exception as fault:  # noqa: BLE001  # reason: a rail that can't be asked has said nothing
        return Outcome(OutcomeKind.UNKNOWN, reason=f"{type(fault).__name__}: {fault}")


def _record(
    engine: Engine,
    program_code: str,
    payout_id: int,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> str:
    kept = Outcome(outcome.kind, _kept(outcome.reference), _kept(outcome.reason))
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        told = {payout_id: kept}
        return settling.record_outcomes(session, program, told, at=now, actor=actor)[0].state


def _kept(text: str | None) -> str | None:
    """Return what a rail said as the books can keep it: whatever it says, its answer counts."""
    if text is None:
        return None
    return "".join(sign if sign.isprintable() else " " for sign in text)[:_LONGEST_SAID]


def _of_batch(engine: Engine, program_code: str, batch_id: int) -> list[Payout]:
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        batch, listed = payouts.find_batch(session, program, batch_id)
        if batch.state != BatchState.APPROVED:
            raise StateConflict(
                f"Batch {batch.id} is {batch.state}: somebody other than {batch.maker} must"
                " approve it before it is sent."
            )
        return listed


def _in_state(engine: Engine, program_code: str, *states: str) -> list[Payout]:
    with database.transaction(engine) as session:
        return payouts.in_state(session, programs.find(session, program_code), *states)


def _check_rails(listed: Iterable[Payout], rails: Mapping[str, PayoutRail]) -> None:
    missing = sorted({payout.rail for payout in listed} - rails.keys())
    if missing:
        raise RailUnknown(
            f"Payouts name the rail {', '.join(missing)}, which isn't here:"
            f" choose {', '.join(sorted(rails))} in the partners' payout details."
        )


def _summary(listed: Iterable[Payout]) -> Summary:
    states: dict[str, int] = {}
    for payout in listed:
        states[payout.state] = states.get(payout.state, 0) + 1
    return Summary(states)
