"""What finance reads before and after paying: who can be paid, the batches, one batch in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from commissions import payouts, sets
from commissions.models import (
    Batch,
    Commission,
    Partner,
    Payout,
    PayoutItem,
    Program,
    SaleRecord,
    StateChange,
)
from commissions.states import BatchState, CommissionState, PayoutState
from storefront import masking

MOST_BATCHES = 100
SENT, PAID, FAILED = "sent", "paid", "failed"
"""Where an approved batch stands when nothing of it is left to send: by its payouts alone."""
STATES: Mapping[str, tuple[str, ...]] = {
    "every": (*BatchState, SENT, PAID, FAILED),
    "waiting": (BatchState.BUILT,),
    "approved": (BatchState.APPROVED,),
    "sent": (SENT,),
    "paid": (PAID,),
    "failed": (FAILED,),
    "refused": (BatchState.REFUSED,),
}
_ON_THEIR_WAY = (PayoutState.SENDING, PayoutState.UNKNOWN, PayoutState.SENT)
CAN_FAIL = frozenset({PayoutState.RESERVED, PayoutState.APPROVED, PayoutState.SENT})
CAN_SETTLE = frozenset({PayoutState.SENT, PayoutState.UNKNOWN})  # one by one, by who saw it arrive
SETTLED_TOGETHER = frozenset({PayoutState.SENT})
CAN_RETURN = frozenset({PayoutState.SETTLED})


class Payable(NamedTuple):
    """What is ready for one partner, and why it can't be paid (None: it can).

    ``taken`` counts the clawbacks, as in a payout: they are no commissions of those.
    """

    partner_code: str
    partner_name: str
    commissions: int
    taken: int
    amount_minor: int
    rail: str | None
    destination: str | None
    why_not: str | None


class BatchRow(NamedTuple):
    """One batch in the list, what goes out by it, and how far its payouts are."""

    id: int
    standing: str
    maker: str
    checker: str | None
    built_at: datetime
    payouts: int
    amount_minor: int
    settled: int
    failed: int


class PayoutRow(NamedTuple):
    """One payout of a batch: what was earned less what was taken back is what goes out."""

    payout: Payout
    partner_code: str
    partner_name: str
    commissions: int
    taken: int
    gross_minor: int
    taken_minor: int
    note: str | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch in full; ``standing`` is its state, or what became of an approved one."""

    batch: Batch
    standing: str
    rows: tuple[PayoutRow, ...]
    moves: tuple[StateChange, ...]

    def ids(self, states: Iterable[str]) -> list[int]:
        """Return the ids of the payouts that are in one of the states."""
        wanted = frozenset(states)
        return [row.payout.id for row in self.rows if row.payout.state in wanted]

    def steps(self) -> list[Step]:
        """Return what happened, moves of many payouts at once told as one."""
        found: dict[tuple[str, str, datetime, str, str | None], int] = {}
        for move in self.moves:
            key = (move.subject, move.to_state, move.effective_at, move.actor, move.reason)
            found[key] = found.get(key, 0) + 1
        return [
            Step(at, subject, state, actor, reason, count)
            for (subject, state, at, actor, reason), count in found.items()
        ]

    @property
    def going_out(self) -> list[PayoutRow]:
        """The payouts without those that failed: what these claimed is ready again."""
        return [row for row in self.rows if row.payout.state != PayoutState.FAILED]

    def sum_of(self, states: Iterable[str]) -> int:
        """Return what goes out by the payouts in some states, in minor units."""
        wanted = frozenset(states)
        return sum(row.payout.amount_minor for row in self.rows if row.payout.state in wanted)


class Step(NamedTuple):
    """One or more moves of the same kind at the same time, as a batch's timeline tells them."""

    at: datetime
    subject: str
    state: str
    actor: str
    reason: str | None
    payouts: int


class Item(NamedTuple):
    """One commission that a payout claimed."""

    commission_id: int
    kind: str
    order: str | None
    amount_minor: int


def masked(destination: str | None) -> str:
    """Return where a payout goes to as screens may show it: how it ends."""
    return f"••{masking.end_of(destination)}" if destination else ""


def payable(session: Session, program: Program) -> list[Payable]:
    """Return everyone who has something ready, the largest sum first, and why not, if not."""
    amount = func.sum(Commission.amount_minor)
    found = session.execute(
        select(Partner, *_counts(Commission.amount_minor, Commission.id), amount)
        .join(Commission, Commission.partner_id == Partner.id)
        .where(Commission.program_id == program.id, Commission.state == CommissionState.READY)
        .group_by(Partner.id)
        .order_by(amount.desc(), Partner.id)
    )
    return [
        Payable(
            partner.code,
            partner.name,
            earned,
            taken,
            int(ready),
            partner.payout_rail,
            partner.payout_destination,
            _why_not(program, partner, int(ready)),
        )
        for partner, earned, taken, ready in found
    ]


def batches(session: Session, program: Program, states: Sequence[str]) -> list[BatchRow]:
    """Return the newest batches that stand in some states, with how far they are."""
    goes_out = case((Payout.state != PayoutState.FAILED, Payout.amount_minor), else_=0)
    found = session.execute(
        select(
            Batch.id,
            _standing(),
            Batch.maker,
            Batch.checker,
            Batch.built_at,
            func.count(Payout.id),
            func.coalesce(func.sum(goes_out), 0),
            _count(PayoutState.SETTLED),
            _count(PayoutState.FAILED, PayoutState.RETURNED),
        )
        .outerjoin(Payout, Payout.batch_id == Batch.id)
        .where(Batch.program_id == program.id)
        .group_by(Batch.id)
        .having(_standing().in_(states))
        .order_by(Batch.id.desc())
        .limit(MOST_BATCHES)
    )
    return [BatchRow(*row) for row in found]


def batch_page(session: Session, program: Program, batch_id: int) -> BatchPage:
    """Return a batch with its payouts and all its moves; raises BatchUnknown."""
    batch, listed = payouts.find_batch(session, program, batch_id)
    ids = [payout.id for payout in listed]
    moves = session.scalars(
        select(StateChange)
        .where(
            ((StateChange.subject == "batch") & (StateChange.subject_id == batch_id))
            | ((StateChange.subject == "payout") & sets.among(session, StateChange.subject_id, ids))
        )
        .order_by(StateChange.id)
    ).all()
    notes = {move.subject_id: move.reason for move in moves if move.subject == "payout"}
    standing = select(_standing()).outerjoin(Payout, Payout.batch_id == Batch.id)
    sums = _sums(session, ids)
    names = _names(session, [payout.partner_id for payout in listed])
    return BatchPage(
        batch,
        session.scalars(standing.where(Batch.id == batch_id).group_by(Batch.id)).one(),
        tuple(
            PayoutRow(payout, *names[payout.partner_id], *sums[payout.id], notes.get(payout.id))
            for payout in sorted(listed, key=lambda one: (-one.amount_minor, one.id))
        ),
        tuple(moves),
    )


def items(session: Session, payout_id: int) -> list[Item]:
    """Return what a payout claimed."""
    found = session.execute(
        select(
            PayoutItem.commission_id,
            Commission.kind,
            SaleRecord.reference,
            PayoutItem.amount_minor,
        )
        .join(Commission, Commission.id == PayoutItem.commission_id)
        .outerjoin(SaleRecord, SaleRecord.id == Commission.sale_id)
        .where(PayoutItem.payout_id == payout_id)
        .order_by(PayoutItem.commission_id)
    )
    return [Item(*row) for row in found]


def _why_not(program: Program, partner: Partner, amount_minor: int) -> str | None:
    """Foretell what building a batch will say of a partner; the batch itself decides."""
    if amount_minor <= 0:
        return payouts.IN_DEBT if amount_minor else payouts.NOTHING_LEFT
    if amount_minor < program.minimum_payout_minor:
        return payouts.BELOW_MINIMUM
    if not (partner.payout_rail and partner.payout_destination):
        return payouts.NO_DETAILS
    return None


def _standing() -> ColumnElement[str]:
    """Return where a batch stands, for a query by batch: only its payouts tell whether it is paid.

    Approved while something is left to send, then on its way; when all have ended it is paid if
    any was, else failed.
    """
    return case(
        (Batch.state != BatchState.APPROVED, Batch.state),
        (_count(PayoutState.APPROVED) > 0, Batch.state),
        (_count(*_ON_THEIR_WAY) > 0, SENT),
        (_count(PayoutState.SETTLED) > 0, PAID),
        else_=FAILED,
    )


def _count(*states: str) -> ColumnElement[int]:
    return func.count(case((Payout.state.in_(states), Payout.id)))


def _counts(
    amount: InstrumentedAttribute[int], counted: InstrumentedAttribute[int]
) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return how many earn something, and how many take something back."""
    return func.count(case((amount > 0, counted))), func.count(case((amount < 0, counted)))


def _sums(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int, int, int]]:
    """Return by payout how many were earned and taken back, then gross and taken minor units."""
    positive = and_(PayoutItem.amount_minor > 0)
    found = session.execute(
        select(
            PayoutItem.payout_id,
            *_counts(PayoutItem.amount_minor, PayoutItem.id),
            func.sum(case((positive, PayoutItem.amount_minor), else_=0)),
            func.sum(case((positive, 0), else_=PayoutItem.amount_minor)),
        )
        .where(sets.among(session, PayoutItem.payout_id, ids))
        .group_by(PayoutItem.payout_id)
    )
    return {row[0]: (row[1], row[2], int(row[3]), int(row[4])) for row in found}


def _names(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    found = session.execute(
        select(Partner.id, Partner.code, Partner.name).where(sets.among(session, Partner.id, ids))
    )
    return {partner_id: (code, name) for partner_id, code, name in found}
