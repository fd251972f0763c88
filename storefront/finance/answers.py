"""The answers above the console's tables: what waits, what is stopped, whether the books hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from commissions import payouts
from commissions.models import Batch, Commission, Partner, Payout, Program, StateChange
from commissions.periods import zone_of
from commissions.states import BatchState, PayoutState
from storefront.finance import checks, payday
from storefront.finance.queue import HELD


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of something, and their sum in minor units."""

    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Held:
    """How many commissions finance has stopped, their sum, and since when the oldest."""

    count: int
    amount_minor: int
    since: datetime | None


class Failed(NamedTuple):
    """A payout that never arrived or came back, and whose partner has had none since."""

    payout_id: int
    batch_id: int
    partner_code: str
    partner_name: str
    reason: str | None


class Answers(NamedTuple):
    """The row of answers above the tables; ``lacking`` are those who gave no payout details."""

    to_approve: Tally
    to_pay: Tally
    lacking: Tally
    held: Held
    approved_today: Tally
    failed: list[Failed]
    books: checks.Checked


def read(session: Session, program: Program, *, actor: str, now: datetime) -> Answers:
    """Read the answers for whoever looks at a program's console."""
    payable = payday.payable(session, program)
    return Answers(
        to_approve=_to_approve(session, program, actor),
        to_pay=_tally(payable, None),
        lacking=_tally(payable, payouts.NO_DETAILS),
        held=_held(session, program),
        approved_today=_approved_today(session, program, now),
        failed=_failed(session, program),
        books=checks.last(session, program, now=now),
    )


def _tally(payable: Iterable[payday.Payable], why_not: str | None) -> Tally:
    amounts = [one.amount_minor for one in payable if one.why_not == why_not]
    return Tally(len(amounts), sum(amounts))


def _to_approve(session: Session, program: Program, actor: str) -> Tally:
    """Count the payouts in batches that somebody else has built."""
    count, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(Payout.amount_minor), 0))
        .join(Batch, Batch.id == Payout.batch_id)
        .where(
            Batch.program_id == program.id,
            Batch.state == BatchState.BUILT,
            Payout.state == PayoutState.RESERVED,
            func.lower(Batch.maker) != actor.lower(),
        )
    ).one()
    return Tally(count, int(amount))


def _held(session: Session, program: Program) -> Held:
    stopped = [Commission.program_id == program.id, Commission.state.in_(HELD)]
    count, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(Commission.amount_minor), 0)).where(*stopped)
    ).one()
    last_stops = (
        select(func.max(StateChange.id))
        .join(Commission, Commission.id == StateChange.subject_id)
        .where(StateChange.subject == "commission", StateChange.to_state.in_(HELD), *stopped)
        .group_by(StateChange.subject_id)
    )
    since = session.scalar(
        select(func.min(StateChange.effective_at)).where(StateChange.id.in_(last_stops))
    )
    return Held(count, int(amount), since)


def _approved_today(session: Session, program: Program, now: datetime) -> Tally:
    """Count the payouts that a checker has approved since midnight, whatever came of them."""
    midnight = now.astimezone(zone_of(program.time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    count, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(Payout.amount_minor), 0))
        .join(StateChange, StateChange.subject_id == Payout.batch_id)
        .where(
            Payout.program_id == program.id,
            StateChange.subject == "batch",
            StateChange.to_state == BatchState.APPROVED,
            StateChange.effective_at >= midnight,
            Payout.key.is_not(None),  # one that was taken out before has none
        )
    ).one()
    return Tally(count, int(amount))


def _failed(session: Session, program: Program) -> list[Failed]:
    later = aliased(Payout)
    found = session.execute(
        select(Payout.id, Payout.batch_id, Partner.code, Partner.name)
        .join(Partner, Partner.id == Payout.partner_id)
        .join(Batch, Batch.id == Payout.batch_id)
        .where(
            Payout.program_id == program.id,
            Payout.state.in_((PayoutState.FAILED, PayoutState.RETURNED)),
            Batch.state == BatchState.APPROVED,
            ~select(later.id)
            .where(later.partner_id == Payout.partner_id, later.id > Payout.id)
            .exists(),
        )
        .order_by(Payout.id.desc())
    ).all()
    return [
        Failed(
            row.id,
            row.batch_id,
            row.code,
            row.name,
            _reason(session, row.id) if not place else None,
        )
        for place, row in enumerate(found)
    ]


def _reason(session: Session, payout_id: int) -> str | None:
    return session.scalar(
        select(StateChange.reason)
        .where(StateChange.subject == "payout", StateChange.subject_id == payout_id)
        .order_by(StateChange.id.desc())
        .limit(1)
    )
