"""What payouts hold: claiming ready commissions, giving them back, moving payouts along.

The rows and transfers beneath ``payouts``. Decides no amount and no order of events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
    post(session, program, list(claimed), code="payout_reserve", at=at)


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


def give_back(
    session: Session,
    program: Program,
    payouts: Sequence[Payout],
    *,
    at: datetime,
    actor: str,
    reason: str | None,
) -> None:
    """Let payouts fail: their money is payable again, and what they claimed is ready."""
    claimed = claimed_by(session, payouts)
    move(session, payouts, PayoutState.FAILED, at=at, actor=actor, reason=reason)
    post(session, program, payouts, code="payout_fail", at=at)
    booking.move(session, claimed, CommissionState.READY, at=aware(at), actor=actor, reason=reason)


def post(
    session: Session, program: Program, payouts: Sequence[Payout], *, code: str, at: datetime
) -> None:
    """Book one step of payouts; the code says which accounts it moves between."""
    ledger.post(
        session,
        program,
        [
            ledger.Posting(
                code=code,
                reference=str(payout.id),
                debit=debit,
                credit=credit,
                amount_minor=payout.amount_minor,
                effective_at=aware(at),
                cause_id=payout.id,
            )
            for payout in payouts
            for debit, credit in [_accounts(code, payout)]
        ],
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
    for payout in payouts:
        check_move(PAYOUT_MOVES, payout.state, to, what=f"Payout {payout.id}")
    moves = [(payout.id, payout.state, to, aware(at)) for payout in payouts]
    for payout in payouts:
        payout.state = to
    session.flush()
    sets.record_moves(session, "payout", moves, actor=actor, reason=reason)


def lock(session: Session, *where: ColumnElement[bool]) -> list[Payout]:
    """Return payouts by id, locked and as they are now."""
    statement = select(Payout).where(*where).order_by(Payout.id).with_for_update()
    return list(session.scalars(statement, execution_options={"populate_existing": True}))


def lock_one(session: Session, program: Program, payout_id: int) -> Payout:
    """Return one payout, locked; raises PayoutUnknown."""
    ledger.hold_months_open(session, program)
    found = lock(session, Payout.id == payout_id, Payout.program_id == program.id)
    if not found:
        message = f"Program {program.code} has no payout {payout_id}."
        raise PayoutUnknown(message)
    return found[0]


def was_sending(session: Session, payout: Payout) -> bool:
    """Tell whether an approved payout was handed to its rail before, perhaps with effect."""
    if payout.state != PayoutState.APPROVED:
        return False
    sent = select(StateChange.id).where(
        StateChange.subject == "payout",
        StateChange.subject_id == payout.id,
        StateChange.to_state == PayoutState.SENDING,
    )
    return session.scalar(sent.limit(1)) is not None


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
