"""What becomes of approved payouts: sent, told by their rail, settled, failed, returned.

Decides nothing about amounts. The rail is called by the edge, between two transactions, never
inside one. Every verb takes a batch; when one of it is refused, nothing of it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from commissions import claims
from commissions.errors import StateConflict
from commissions.models import Payout, Program
from commissions.providers.rail import Outcome, OutcomeKind, PayoutOrder
from commissions.states import PayoutState

_TAKEN = frozenset({OutcomeKind.DONE, OutcomeKind.ARRIVED})
_ASKED = frozenset({PayoutState.SENDING, PayoutState.UNKNOWN})


def begin_sending(
    session: Session, program: Program, payout_ids: Iterable[int], *, at: datetime, actor: str
) -> list[PayoutOrder]:
    """Mark approved payouts as being sent and return their orders; those past that are left out.

    Commit before a rail is called: what is found in ``sending`` later was perhaps sent, and only
    the rail or a person can tell. Raises PayoutUnknown, StateConflict for one that isn't approved.
    """
    payouts = claims.lock_all(session, program, payout_ids)
    for payout in payouts:
        if payout.state == PayoutState.RESERVED:
            raise _not_approved(payout)
    approved = [payout for payout in payouts if payout.state == PayoutState.APPROVED]
    claims.move(session, approved, PayoutState.SENDING, at=at, actor=actor)
    return [order_of(program, payout) for payout in approved]


def record_outcomes(
    session: Session,
    program: Program,
    outcomes: Mapping[int, Outcome],
    *,
    at: datetime,
    actor: str,
) -> list[Payout]:
    """Write down, by payout id, what the rails said of payouts that are sent or can't be told.

    It also counts for one that was found missing, and so approved again, while it was being sent.
    Done: sent. Arrived: sent and settled. Rejected, even after it was sent: failed, and what it
    claimed is ready again.
    Missing: approved again, so that it can be sent under the same key. Unknown: it waits.
    """
    payouts = claims.lock_all(session, program, outcomes)
    told = {payout: outcomes[payout.id] for payout in payouts}
    arrived = _told_late(told, OutcomeKind.ARRIVED)
    bounced = _told_late(told, OutcomeKind.REJECTED)
    waiting = _waiting(session, told, at=at, actor=actor)
    for payout in waiting:
        payout.rail_reference = told[payout].reference or payout.rail_reference
    sent = [payout for payout in waiting if told[payout].kind in _TAKEN]
    claims.move(session, sent, PayoutState.SENT, at=at, actor=actor)
    arrived += [payout for payout in sent if told[payout].kind is OutcomeKind.ARRIVED]
    _wait(session, {payout: told[payout] for payout in waiting}, at=at, actor=actor)
    bounced += [payout for payout in waiting if told[payout].kind is OutcomeKind.REJECTED]
    endings = [claims.settled(arrived)]
    endings += [claims.failed([payout], told[payout].reason) for payout in bounced]
    claims.end(session, program, endings, at=at, actor=actor)
    return payouts


def settle(
    session: Session, program: Program, payout_ids: Iterable[int], *, at: datetime, actor: str
) -> list[Payout]:
    """Record that the money of sent or unknown payouts has arrived; again is a no-op."""
    payouts = claims.lock_all(session, program, payout_ids)
    unknown = [payout for payout in payouts if payout.state == PayoutState.UNKNOWN]
    settled = {*unknown, *(payout for payout in payouts if payout.state == PayoutState.SETTLED)}
    claims.check_moves([one for one in payouts if one not in settled], PayoutState.SETTLED)
    claims.move(session, unknown, PayoutState.SENT, at=at, actor=actor, reason="it arrived")
    arriving = [payout for payout in payouts if payout.state != PayoutState.SETTLED]
    claims.end(session, program, [claims.settled(arriving)], at=at, actor=actor)
    return payouts


def fail(
    session: Session,
    program: Program,
    payout_ids: Iterable[int],
    *,
    at: datetime,
    actor: str,
    reason: str,
) -> list[Payout]:
    """Record that payouts will never arrive: what they claimed is ready again; again is a no-op.

    Raises StateConflict for one that its rail perhaps has: given back here, it would be paid twice.
    """
    payouts = claims.lock_all(session, program, payout_ids)
    perhaps_sent = [payout.id for payout in payouts if payout.state in _ASKED]
    for payout_id in sorted([*perhaps_sent, *claims.once_sending(session, payouts)]):
        raise StateConflict(
            f"Payout {payout_id} was perhaps sent: send its batch again, which asks its rail what"
            " became of it."
        )
    failing = [payout for payout in payouts if payout.state != PayoutState.FAILED]
    claims.end(session, program, [claims.failed(failing, reason)], at=at, actor=actor)
    return payouts


def take_return(
    session: Session,
    program: Program,
    payout_ids: Iterable[int],
    *,
    at: datetime,
    actor: str,
    reason: str,
) -> list[Payout]:
    """Record that settled money came back: what it paid is ready again; again is a no-op."""
    payouts = claims.lock_all(session, program, payout_ids)
    coming = [payout for payout in payouts if payout.state != PayoutState.RETURNED]
    claims.end(session, program, [claims.returned(coming, reason)], at=at, actor=actor)
    return payouts


def order_of(program: Program, payout: Payout) -> PayoutOrder:
    """Return what the rail is told of an approved payout."""
    if payout.key is None:
        raise _not_approved(payout)
    return PayoutOrder(payout.key, payout.amount_minor, program.currency, payout.destination)


def _not_approved(payout: Payout) -> StateConflict:
    return StateConflict(
        f"Payout {payout.id} isn't approved: somebody must approve its batch first."
    )


def _told_late(told: Mapping[Payout, Outcome], kind: OutcomeKind) -> list[Payout]:
    """Return the payouts that were sent before, and of which the rail says now what it says."""
    return [
        payout
        for payout, outcome in told.items()
        if payout.state == PayoutState.SENT and outcome.kind is kind
    ]


def _waiting(
    session: Session, told: Mapping[Payout, Outcome], *, at: datetime, actor: str
) -> list[Payout]:
    """Return the payouts whose outcome is still open, all of them as being sent or unknown."""
    for payout, outcome in told.items():
        _check_not_given_back(payout, outcome)
    # Somebody asked while the call was under way, and the rail hadn't heard of it yet.
    resumed = [
        payout
        for payout, outcome in told.items()
        if payout.state == PayoutState.APPROVED and outcome.kind is not OutcomeKind.MISSING
    ]
    claims.move(session, resumed, PayoutState.SENDING, at=at, actor=actor)
    return [payout for payout in told if payout.state in _ASKED]


def _wait(session: Session, told: Mapping[Payout, Outcome], *, at: datetime, actor: str) -> None:
    """Let payouts wait of which the rail knows nothing, or has never heard: each for its reason."""
    for payout, outcome in told.items():
        if outcome.kind not in {OutcomeKind.UNKNOWN, OutcomeKind.MISSING}:
            continue
        reason = outcome.reason
        if payout.state != PayoutState.UNKNOWN:
            claims.move(session, [payout], PayoutState.UNKNOWN, at=at, actor=actor, reason=reason)
        if outcome.kind is OutcomeKind.MISSING:
            claims.move(session, [payout], PayoutState.APPROVED, at=at, actor=actor, reason=reason)


def _check_not_given_back(payout: Payout, outcome: Outcome) -> None:
    """Refuse to overlook that a rail has taken what the books have given back.

    A returned payout did arrive once: a rail that says so late tells nothing new.
    """
    if payout.state == PayoutState.FAILED and outcome.kind in _TAKEN:
        known_as = f" as {outcome.reference}" if outcome.reference else ""
        message = (
            f"The rail has payout {payout.id}{known_as}, but it is failed and what it claimed was"
            f" given back: recall it at the rail before the next batch."
        )
        raise StateConflict(message)
