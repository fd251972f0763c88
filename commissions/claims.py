"""What payouts hold: claiming ready commissions, giving them back, moving payouts along.

The rows and transfers beneath ``payouts``. Decides no amount and no order of events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from commissions import booking, ledger, sets
from commissions.booking import Standing
from commissions.errors import PayoutUnknown
from commissions.models import Commission, Payout, PayoutItem, Program, StateChange
from commissions.periods import aware
from commissions.states import PAYOUT_MOVES, CommissionState, PayoutState, check_move


def lock_ready(
    session: Session, program: Program, partner_ids: set[int] | None
) -> dict[int, list[Standing]]:
    """Return the ready commissions by partner, locked: another batch waits, then finds none."""
    statement = select(
        Commission.id,
        Commission.partner_id,
        Commission.kind,
        Commission.amount_minor,
        Commission.state,
    ).where(Commission.program_id == program.id, Commission.state == CommissionState.READY)
    if partner_ids is not None:
        statement = statement.where(sets.among(session, Commission.partner_id, partner_ids))
    ledger.hold_months_open(session, program)
    ready: dict[int, list[Standing]] = defaultdict(list)
    for row in session.execute(statement.order_by(Commission.id).with_for_update()):
        ready[row.partner_id].append(Standing(*row))
    return ready


def claim(
    session: Session,
    program: Program,
    claimed: Mapping[Payout, Sequence[Standing]],
    *,
    at: datetime,
    actor: str,
) -> None:
    """Reserve each payout's money and mark what it claims."""
    sets.insert_rows(
        session,
        PayoutItem,
        [
            {"payout_id": payout.id, "commission_id": c.id, "amount_minor": c.amount_minor}
            for payout, items in claimed.items()
            for c in items
        ],
    )
    everything = [c for items in claimed.values() for c in items]
    booking.move(session, everything, CommissionState.IN_PAYOUT, at=aware(at), actor=actor)
    postings = [_posting(payout, "payout_reserve", at) for payout in claimed]
    ledger.post(session, program, postings)


def claimed_by(session: Session, payouts: Sequence[Payout]) -> list[Standing]:
    """Return the commissions that payouts claimed, locked.

    Always before the accounts are locked by posting: a refund takes both in that order, too.
    """
    rows = session.execute(
        select(
            Commission.id,
            Commission.partner_id,
            Commission.kind,
            Commission.amount_minor,
            Commission.state,
        )
        .join(PayoutItem, PayoutItem.commission_id == Commission.id)
        .where(sets.among(session, PayoutItem.payout_id, [payout.id for payout in payouts]))
        .order_by(Commission.id)
        .with_for_update(of=Commission)
    )
    return [Standing(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Ending:
    """Payouts that end alike: their state, the transfer that says so, and what they claimed."""

    payouts: Sequence[Payout]
    to: PayoutState
    code: str
    claimed_to: CommissionState
    reason: str | None = None


def settled(payouts: Sequence[Payout]) -> Ending:
    """Their money has arrived."""
    return Ending(payouts, PayoutState.SETTLED, "payout_settle", CommissionState.PAID)


def failed(payouts: Sequence[Payout], reason: str | None) -> Ending:
    """They will never arrive: what they claimed is ready again."""
    ready = CommissionState.READY
    return Ending(payouts, PayoutState.FAILED, "payout_fail", ready, reason)


def returned(payouts: Sequence[Payout], reason: str) -> Ending:
    """Their money arrived and came back: what they paid is ready again."""
    ready = CommissionState.READY
    return Ending(payouts, PayoutState.RETURNED, "payout_return", ready, reason)


def end(
    session: Session, program: Program, endings: Iterable[Ending], *, at: datetime, actor: str
) -> None:
    """Let locked payouts end, with one posting for all of them.

    Commissions are locked before accounts, and accounts once, in order: so do refunds and
    releases, and nobody waits in a circle.
    """
    kept = [ending for ending in endings if ending.payouts]
    if not kept:
        return
    for ending in kept:
        check_moves(ending.payouts, ending.to)
    claimed_by(session, [payout for ending in kept for payout in ending.payouts])
    for ending in kept:
        move(session, ending.payouts, ending.to, at=at, actor=actor, reason=ending.reason)
    postings = [_posting(payout, ending.code, at) for ending in kept for payout in ending.payouts]
    ledger.post(session, program, postings)
    for ending in kept:
        claimed = claimed_by(session, ending.payouts)
        booking.move(
            session,
            claimed,
            ending.claimed_to,
            at=aware(at),
            actor=actor,
            reason=ending.reason,
        )


def move(
    session: Session,
    payouts: Sequence[Payout],
    to: str,
    *,
    at: datetime,
    actor: str,
    reason: str | None = None,
) -> None:
    """Move payouts to a state, each with its state-change row."""
    check_moves(payouts, to)
    moves = [(payout.id, payout.state, to, aware(at)) for payout in payouts]
    for payout in payouts:
        payout.state = to
    session.flush()
    sets.record_moves(session, "payout", moves, actor=actor, reason=reason)


def check_moves(payouts: Iterable[Payout], to: str) -> None:
    """Raise StateConflict, before anything is written, unless every payout may move to a state."""
    for payout in payouts:
        check_move(PAYOUT_MOVES, payout.state, to, what=f"Payout {payout.id}")


def lock(session: Session, *where: ColumnElement[bool]) -> list[Payout]:
    """Return payouts by id, locked and as they are now."""
    statement = select(Payout).where(*where).order_by(Payout.id).with_for_update()
    return list(session.scalars(statement, execution_options={"populate_existing": True}))


def lock_all(session: Session, program: Program, payout_ids: Iterable[int]) -> list[Payout]:
    """Return payouts by id, each once, locked; raises PayoutUnknown."""
    wanted = {*payout_ids}
    ledger.hold_months_open(session, program)
    found = lock(session, sets.among(session, Payout.id, wanted), Payout.program_id == program.id)
    missing = wanted - {payout.id for payout in found}
    if missing:
        message = (
            f"Program {program.code} has no payout {min(missing)}: its batch lists those there are."
        )
        raise PayoutUnknown(message)
    return found


def once_sending(session: Session, payouts: Iterable[Payout]) -> list[int]:
    """Return the ids of approved payouts that were handed to a rail before, perhaps with effect."""
    approved = [payout.id for payout in payouts if payout.state == PayoutState.APPROVED]
    sent = select(StateChange.subject_id).where(
        StateChange.subject == "payout",
        sets.among(session, StateChange.subject_id, approved),
        StateChange.to_state == PayoutState.SENDING,
    )
    return sorted({*session.scalars(sent)})


def _posting(payout: Payout, code: str, at: datetime) -> ledger.Posting:
    debit, credit = _accounts(code, payout)
    return ledger.Posting(
        code=code,
        reference=str(payout.id),
        debit=debit,
        credit=credit,
        amount_minor=payout.amount_minor,
        effective_at=aware(at),
        cause_id=payout.id,
    )


def _accounts(code: str, payout: Payout) -> tuple[ledger.AccountRef, ledger.AccountRef]:
    """Return the debited and the credited account of a step."""
    payable, in_payout = ledger.payable(payout.partner_id), ledger.in_payout(payout.partner_id)
    cash = ledger.cash(payout.rail)
    steps = {
        "payout_reserve": (payable, in_payout),
        "payout_settle": (in_payout, cash),
        "payout_fail": (in_payout, payable),
        "payout_return": (cash, payable),
    }
    return steps[code]
