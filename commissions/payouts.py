"""Payout batches: built by one person, approved by another.

Decides who is paid how much: all that is ready, at or above the program's minimum, to partners
with payout details. A payout's money waits in the partner's ``in_payout`` account; ``settling``
tells what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import claims, ledger, sets
from commissions.booking import Standing
from commissions.errors import (
    BatchUnknown,
    FourEyes,
    PartnerUnknown,
    PayoutDetailsMissing,
)
from commissions.models import Batch, Partner, Payout, Program
from commissions.periods import aware
from commissions.states import BATCH_MOVES, BatchState, PayoutState, check_move


class Skipped(NamedTuple):
    """A partner who isn't paid in a batch although something is ready, and why."""

    partner_code: str
    ready_minor: int
    reason: str


class Built(NamedTuple):
    """A new batch (None when nobody can be paid), its payouts, and who was skipped."""

    batch: Batch | None
    payouts: tuple[Payout, ...]
    skipped: tuple[Skipped, ...]


BELOW_MINIMUM = "below the minimum payout"
NO_DETAILS = "no payout details"
IN_DEBT = "owes more than is ready"
NOTHING_LEFT = "nothing is left to pay"


def build_batch(
    session: Session,
    program: Program,
    *,
    maker: str,
    at: datetime,
    partner_codes: Iterable[str] | None = None,
) -> Built:
    """Claim what is ready, one payout a partner; with ``partner_codes`` only theirs.

    A partner who is named and has no payout details raises PayoutDetailsMissing; one who isn't
    named is skipped. Commissions claimed by another batch meanwhile are left to it.
    """
    wanted = None if partner_codes is None else _named(session, program, partner_codes)
    ready = claims.lock_ready(session, program, wanted)
    paid, skipped = _choose(session, program, ready)
    if wanted is not None:
        _check_details(skipped)
    if not paid:
        return Built(None, (), tuple(skipped))
    batch = Batch(program_id=program.id, state=BatchState.BUILT, maker=maker, built_at=aware(at))
    session.add(batch)
    session.flush()
    claimed = {_payout(batch, partner, items): items for partner, items in paid}
    session.add_all(claimed)
    session.flush()
    claims.claim(session, program, claimed, at=at, actor=maker)
    return Built(batch, tuple(claimed), tuple(skipped))


def approve(
    session: Session, program: Program, batch_id: int, *, checker: str, at: datetime
) -> Batch:
    """Approve a batch as somebody other than its maker, and give each payout its key.

    The same checker again is a no-op. Raises FourEyes, BatchUnknown, StateConflict.
    """
    batch = _lock_batch(session, program, batch_id)
    if _same_person(checker, batch.maker):
        message = f"Batch {batch.id} was built by {batch.maker}: somebody else must approve it."
        raise FourEyes(message)
    if batch.state == BatchState.APPROVED and batch.checker == checker:
        return batch
    _move_batch(session, batch, BatchState.APPROVED, checker=checker, at=at)
    payouts = _lock_reserved(session, batch)
    for payout in payouts:
        payout.key = f"{program.code}-payout-{payout.id}"
    claims.move(session, payouts, PayoutState.APPROVED, at=at, actor=checker)
    return batch


def refuse(
    session: Session,
    program: Program,
    batch_id: int,
    *,
    checker: str,
    at: datetime,
    reason: str,
) -> Batch:
    """Refuse a built batch: its payouts fail and what they claimed is ready again.

    The same checker again is a no-op. Raises FourEyes, BatchUnknown, StateConflict.
    """
    batch = _lock_batch(session, program, batch_id)
    if _same_person(checker, batch.maker):
        message = f"Batch {batch.id} was built by {batch.maker}: somebody else must refuse it."
        raise FourEyes(message)
    if batch.state == BatchState.REFUSED and batch.checker == checker:
        return batch
    _move_batch(session, batch, BatchState.REFUSED, checker=checker, at=at, reason=reason)
    payouts = _lock_reserved(session, batch)
    claims.end(session, program, [claims.failed(payouts, reason)], at=at, actor=checker)
    return batch


def find_batch(session: Session, program: Program, batch_id: int) -> tuple[Batch, list[Payout]]:
    """Return a batch with its payouts; raises BatchUnknown."""
    batch = session.get(Batch, batch_id)
    if batch is None or batch.program_id != program.id:
        raise _unknown(program, batch_id)
    rows = session.scalars(
        select(Payout).where(Payout.batch_id == batch_id).order_by(Payout.id)
    ).all()
    return batch, list(rows)


def in_state(session: Session, program: Program, *states: str) -> list[Payout]:
    """Return the program's payouts that are in one of the states, by id."""
    return list(
        session.scalars(
            select(Payout)
            .where(Payout.program_id == program.id, Payout.state.in_(states))
            .order_by(Payout.id)
        )
    )


def _named(session: Session, program: Program, codes: Iterable[str]) -> set[int]:
    wanted = {*codes}
    rows = session.execute(
        select(Partner.code, Partner.id).where(
            Partner.program_id == program.id, sets.among(session, Partner.code, wanted)
        )
    )
    found = {code: partner_id for code, partner_id in rows}
    if wanted - found.keys():
        message = f"Program {program.code} has no partner {min(wanted - found.keys())!r}."
        raise PartnerUnknown(message)
    return {*found.values()}


def _choose(
    session: Session, program: Program, ready: Mapping[int, Sequence[Standing]]
) -> tuple[list[tuple[Partner, Sequence[Standing]]], list[Skipped]]:
    partners = session.scalars(
        select(Partner).where(sets.among(session, Partner.id, ready)).order_by(Partner.id)
    )
    paid, skipped = [], []
    for partner in partners:
        amount = sum(c.amount_minor for c in ready[partner.id])
        reason = _why_not(program, partner, amount)
        if reason:
            skipped.append(Skipped(partner.code, amount, reason))
        else:
            paid.append((partner, ready[partner.id]))
    return paid, skipped


def _why_not(program: Program, partner: Partner, amount_minor: int) -> str | None:
    if amount_minor <= 0:
        return IN_DEBT if amount_minor else NOTHING_LEFT
    if amount_minor < program.minimum_payout_minor:
        return BELOW_MINIMUM
    if not (partner.payout_rail and partner.payout_destination):
        return NO_DETAILS
    return None


def _check_details(skipped: Iterable[Skipped]) -> None:
    for one in skipped:
        if one.reason == NO_DETAILS:
            message = f"Partner {one.partner_code} has no payout details: ask for them first."
            raise PayoutDetailsMissing(message)


def _payout(batch: Batch, partner: Partner, items: Sequence[Standing]) -> Payout:
    return Payout(
        program_id=batch.program_id,
        batch_id=batch.id,
        partner_id=partner.id,
        amount_minor=sum(c.amount_minor for c in items),
        rail=partner.payout_rail,
        destination=partner.payout_destination,
        state=PayoutState.RESERVED,
    )


def _same_person(one: str, other: str) -> bool:
    """Tell whether two names are one person's, however they are typed.

    The database's own check folds what SQL's ``lower`` folds: on SQLite that is ASCII alone.
    """
    return one.strip().casefold() == other.strip().casefold()


def _lock_batch(session: Session, program: Program, batch_id: int) -> Batch:
    ledger.hold_months_open(session, program)
    batch = session.scalar(
        select(Batch).where(Batch.id == batch_id, Batch.program_id == program.id).with_for_update(),
        execution_options={"populate_existing": True},
    )
    if batch is None:
        raise _unknown(program, batch_id)
    return batch


def _unknown(program: Program, batch_id: int) -> BatchUnknown:
    return BatchUnknown(
        f"Program {program.code} has no batch {batch_id}: building one tells its number."
    )


def _lock_reserved(session: Session, batch: Batch) -> list[Payout]:
    """Return the batch's payouts; one that was taken out of it by failing stays as it is."""
    return claims.lock(session, Payout.batch_id == batch.id, Payout.state == PayoutState.RESERVED)


def _move_batch(
    session: Session,
    batch: Batch,
    to: str,
    *,
    checker: str,
    at: datetime,
    reason: str | None = None,
) -> None:
    check_move(BATCH_MOVES, batch.state, to, what=f"Batch {batch.id}")
    moved = (batch.id, batch.state, to, aware(at))
    batch.state, batch.checker = to, checker
    session.flush()
    sets.record_moves(session, "batch", [moved], actor=checker, reason=reason)
