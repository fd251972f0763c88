"""Hold and release: when money on hold becomes ready, and finance's stop, lift and refusal.

Decides what is due. A stop by finance never opens by itself. A release is effective when it is
run, never back-dated to the due time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from commissions import booking, ledger, sets
from commissions.booking import Standing
from commissions.errors import CommissionUnknown, StateConflict
from commissions.models import Commission, Program, SaleRecord
from commissions.periods import aware
from commissions.states import MONEY_LIES_IN, CommissionState

_STOPPED: Mapping[str, str] = {
    CommissionState.ON_HOLD: CommissionState.HELD,
    CommissionState.READY: CommissionState.HELD_READY,
}
_LIFTED: Mapping[str, str] = {stopped: running for running, stopped in _STOPPED.items()}


class Released(NamedTuple):
    """How many commissions became ready, and their net sum."""

    commissions: int
    amount_minor: int


def release(
    session: Session,
    program: Program,
    *,
    at: datetime | Sequence[datetime],
    actor: str,
    most: int | None = None,
) -> Released:
    """Make ready what is due, each commission with what was taken back of it, as one transfer.

    ``at`` is the instant of the run. Several instants, ascending, stand for as many runs: what
    is due is released at the first of them that is not before its due time. With ``most`` only
    so many commissions are released, for a run in several steps.
    """
    clock = [aware(at)] if isinstance(at, datetime) else [aware(instant) for instant in at]
    if not clock:
        return Released(0, 0)
    ledger.hold_months_open(session, program)
    due = _lock_due(session, program, clock[-1], most=most)
    times = {row.id: clock[bisect_left(clock, row.due_at or clock[0])] for row, _ in due}
    order = sorted(due, key=lambda pair: (times[pair[0].id], pair[0].id))
    nets = [(row, row.amount_minor + sum(t.amount_minor for t in taken)) for row, taken in order]
    ledger.post(
        session,
        program,
        [_release_posting(row, net, times[row.id]) for row, net in nets if net],
    )
    for row, taken in order:
        times.update((t.id, times[row.id]) for t in taken)
    moving = [_standing(c) for row, taken in order for c in (row, *taken)]
    booking.move(session, moving, CommissionState.READY, at=times, actor=actor)
    return Released(len(nets), sum(net for _, net in nets))


def count_due(session: Session, program: Program, *, at: datetime) -> int:
    """Return how many commissions ``release`` would make ready at an instant."""
    return session.scalar(select(func.count(Commission.id)).where(*_is_due(program, at))) or 0


def next_due(session: Session, program: Program, references: Iterable[str]) -> dict[str, datetime]:
    """Return when the first commission on hold of each sale is due, by the sale's reference."""
    rows = session.execute(
        select(SaleRecord.reference, func.min(Commission.due_at))
        .join(Commission, Commission.sale_id == SaleRecord.id)
        .where(
            SaleRecord.program_id == program.id,
            sets.among(session, SaleRecord.reference, references),
            Commission.state == CommissionState.ON_HOLD,
        )
        .group_by(SaleRecord.reference)
    )
    return {reference: due_at for reference, due_at in rows}


def hold(
    session: Session,
    program: Program,
    commission_ids: Iterable[int],
    *,
    at: datetime,
    actor: str,
    reason: str,
) -> None:
    """Stop commissions, with what was taken back of them, until finance lifts the stop.

    Raises CommissionUnknown, and StateConflict unless each is on hold or ready.
    """
    _move_each(session, program, commission_ids, _STOPPED, at=at, actor=actor, reason=reason)


def lift(
    session: Session,
    program: Program,
    commission_ids: Iterable[int],
    *,
    at: datetime,
    actor: str,
    reason: str,
) -> None:
    """Lift finance's stop: each goes back to on hold (until due) or to ready."""
    _move_each(session, program, commission_ids, _LIFTED, at=at, actor=actor, reason=reason)


def reject(
    session: Session,
    program: Program,
    commission_ids: Iterable[int],
    *,
    at: datetime,
    actor: str,
    reason: str,
) -> None:
    """Refuse commissions that aren't in a payout: what is left of each goes back to expense.

    Raises CommissionUnknown, StateConflict, MonthSealed.
    """
    families = _families(session, program, commission_ids)
    for original, _ in families:
        if original.state not in MONEY_LIES_IN or original.state == CommissionState.IN_PAYOUT:
            message = f"Commission {original.id} is {original.state} and can't be rejected."
            raise StateConflict(message)
    _refuse_netted(session, [original.id for original, _ in families])
    ledger.post(
        session,
        program,
        [
            _reject_posting(original, net, aware(at))
            for original, taken in families
            if (net := original.amount_minor + sum(t.amount_minor for t in taken))
        ],
    )
    moving = [c for original, taken in families for c in (original, *taken)]
    booking.move(
        session, moving, CommissionState.REJECTED, at=aware(at), actor=actor, reason=reason
    )


def _refuse_netted(session: Session, original_ids: Sequence[int]) -> None:
    """Refuse to reject what was partly taken back by a payout: that part would be taken twice."""
    netted = session.scalar(
        select(func.min(Commission.original_id)).where(
            sets.among(session, Commission.original_id, original_ids),
            Commission.state.in_([CommissionState.IN_PAYOUT, CommissionState.PAID]),
        )
    )
    if netted is not None:
        message = (
            f"A payout has taken a part of commission {netted} back, so it can't be rejected:"
            f" record a refund of what is left of its order."
        )
        raise StateConflict(message)


def _is_due(program: Program, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Commission.program_id == program.id,
        Commission.state == CommissionState.ON_HOLD,
        Commission.due_at <= until,
        Commission.kind != "clawback",
    )


def _lock_due(
    session: Session, program: Program, until: datetime, *, most: int | None
) -> list[tuple[Commission, list[Commission]]]:
    """Return what is due, each with its clawbacks on hold, locked."""
    due = _lock(session, *_is_due(program, until), most=most)
    taken: dict[int | None, list[Commission]] = defaultdict(list)
    for row in _lock(
        session,
        sets.among(session, Commission.original_id, [row.id for row in due]),
        Commission.state == CommissionState.ON_HOLD,
    ):
        taken[row.original_id].append(row)
    return [(row, taken[row.id]) for row in due]


def _lock(
    session: Session, *where: ColumnElement[bool], most: int | None = None
) -> Sequence[Commission]:
    statement = select(Commission).where(*where).order_by(Commission.id).limit(most)
    return session.scalars(
        statement.with_for_update(), execution_options={"populate_existing": True}
    ).all()


def _release_posting(row: Commission, net: int, at: datetime) -> ledger.Posting:
    return ledger.Posting(
        code="release",
        reference=str(row.id),
        debit=ledger.accrued(row.partner_id),
        credit=ledger.payable(row.partner_id),
        amount_minor=net,
        effective_at=at,
        cause_id=row.id,
    )


def _reject_posting(row: Standing, net: int, at: datetime) -> ledger.Posting:
    return ledger.Posting(
        code="reject",
        reference=str(row.id),
        debit=ledger.of_partner(MONEY_LIES_IN[row.state], row.partner_id),
        credit=ledger.expense(row.kind),
        amount_minor=net,
        effective_at=at,
        cause_id=row.id,
    )


def _families(
    session: Session, program: Program, commission_ids: Iterable[int]
) -> list[tuple[Standing, list[Standing]]]:
    """Return commissions, each with its open clawbacks, locked; refuses ids of clawbacks."""
    ledger.hold_months_open(session, program)
    wanted = {*commission_ids}
    originals = _lock(
        session,
        Commission.program_id == program.id,
        sets.among(session, Commission.id, wanted),
        Commission.kind != "clawback",
    )
    missing = wanted - {row.id for row in originals}
    if missing:
        message = f"Commission {min(missing)} is none of program {program.code} that can be moved."
        raise CommissionUnknown(message)
    taken: dict[int | None, list[Standing]] = defaultdict(list)
    for row in _lock(session, sets.among(session, Commission.original_id, wanted)):
        if row.state in MONEY_LIES_IN:
            taken[row.original_id].append(_standing(row))
    return [(_standing(row), taken[row.id]) for row in originals]


def _move_each(
    session: Session,
    program: Program,
    commission_ids: Iterable[int],
    moves: Mapping[str, str],
    *,
    at: datetime,
    actor: str,
    reason: str,
) -> None:
    by_target: dict[str, list[Standing]] = defaultdict(list)
    for original, taken in _families(session, program, commission_ids):
        target = moves.get(original.state)
        if target is None:
            allowed = " or ".join(moves)
            message = f"Commission {original.id} is {original.state}: only {allowed} can be moved."
            raise StateConflict(message)
        by_target[target].append(original)
        by_target[target].extend(c for c in taken if c.state == original.state)
    for target, moving in by_target.items():
        booking.move(session, moving, target, at=aware(at), actor=actor, reason=reason)


def _standing(row: Commission) -> Standing:
    return Standing(row.id, row.partner_id, row.kind, row.amount_minor, row.state)
