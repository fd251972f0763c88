"""Taking money back after a return, a dispute or fraud.

Decides how much of each commission goes: in proportion to the base that came back, counted
from the beginning, never more than was earned. A clawback is a commission of its own with a
negative amount; the original is never edited. What came back before the order was completed
lowers what is earned then, and needs no clawback.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commissions import booking, refund_records, sets
from commissions.booking import Standing
from commissions.errors import SaleUnknown, StateConflict, TimeInvalid
from commissions.models import (
    Commission,
    Conversion,
    Program,
    RefundRecord,
    SaleLineRecord,
    SaleRecord,
)
from commissions.money import round_half_up
from commissions.periods import aware
from commissions.plans import Plans
from commissions.refunds import Piece, SoldLine, take_pieces
from commissions.rules import Rule
from commissions.states import MONEY_LIES_IN, CommissionState, SaleState
from commissions.values import Refund

_FOLLOWS = {CommissionState.ON_HOLD, CommissionState.HELD, CommissionState.HELD_READY}
"""States that a clawback shares with what it takes back; of all others it is ready at once."""


class TakenBack(NamedTuple):
    """What one refund came to: clawbacks written and their sum; ``new`` is False for a repeat."""

    reference: str
    clawbacks: int
    amount_minor: int
    new: bool


class _Sold(NamedTuple):
    """A sale that something comes back to."""

    id: int
    reference: str
    state: str
    paid_at: datetime
    lines: list[SoldLine]


@dataclass(slots=True)
class _Original:
    """A commission while refunds of its order are worked through: base and sum taken so far."""

    row: Commission
    taken_base: int
    taken: int

    @property
    def gone(self) -> bool:
        """Whether all of its base has come back while its money is on hold."""
        on_hold = MONEY_LIES_IN.get(self.row.state) == "accrued"
        return on_hold and self.taken_base == self.row.base_minor

    def take(self, base_minor: int) -> int:
        """Take more base back, and return the sum that goes with it."""
        self.taken_base += base_minor
        total = round_half_up(self.row.amount_minor * self.taken_base, self.row.base_minor)
        amount, self.taken = total - self.taken, total
        return amount


def take_back(
    session: Session, program: Program, refunds: Sequence[Refund], *, actor: str
) -> list[TakenBack]:
    """Record refunds and take back what they undo, in the order given.

    A refund sent again gives the same answer. It is effective at its own time, or at the first
    instant of the open month when that is later. Raises RefundConflict when it has other
    content, RefundTooLarge, SaleUnknown, StateConflict, TimeInvalid.
    """
    new = refund_records.insert_new(session, program, refunds)
    fresh = list({r.reference: r for r in refunds if r.reference in new}.values())
    sales = _lock_sales(session, program, fresh)
    pieces = {refund.reference: _pieces(refund, sales) for refund in fresh}
    refund_records.write_lines(session, new, pieces)
    _claw_back(session, program, fresh, new, pieces, actor=actor)
    return _answers(session, program, refunds, new)


known = refund_records.known


def _lock_sales(session: Session, program: Program, refunds: Sequence[Refund]) -> dict[str, _Sold]:
    wanted = {line.sale_reference for refund in refunds for line in refund.lines}
    rows = session.execute(
        select(SaleRecord.id, SaleRecord.reference, SaleRecord.state, SaleRecord.paid_at)
        .where(
            SaleRecord.program_id == program.id,
            sets.among(session, SaleRecord.reference, wanted),
        )
        .order_by(SaleRecord.id)
        .with_for_update()
    )
    sales = {
        row.reference: _Sold(row.id, row.reference, row.state, row.paid_at, []) for row in rows
    }
    by_id = {sale.id: sale for sale in sales.values()}
    for line in session.execute(
        select(
            SaleLineRecord.sale_id,
            SaleLineRecord.line_no,
            SaleLineRecord.stock_code,
            SaleLineRecord.category,
            SaleLineRecord.quantity,
            SaleLineRecord.amount_minor,
            SaleLineRecord.returned_quantity,
            SaleLineRecord.refunded_base_minor,
        )
        .where(sets.among(session, SaleLineRecord.sale_id, by_id))
        .order_by(SaleLineRecord.sale_id, SaleLineRecord.line_no)
    ):
        by_id[line.sale_id].lines.append(SoldLine(*line))
    return sales


def _pieces(refund: Refund, sales: Mapping[str, _Sold]) -> list[Piece]:
    taken = []
    for line in refund.lines:
        sale = sales.get(line.sale_reference)
        if sale is None:
            message = (
                f"Refund {refund.reference} names sale {line.sale_reference}, which was never paid:"
                f" record that sale first, or name the one that was paid."
            )
            raise SaleUnknown(message)
        if sale.state == SaleState.CANCELLED:
            message = f"Sale {sale.reference} is cancelled: there is nothing to refund."
            raise StateConflict(message)
        if aware(refund.at) < sale.paid_at:
            message = f"Refund {refund.reference} is older than its sale {sale.reference}."
            raise TimeInvalid(message)
        taken.extend(take_pieces(line, sale.lines, sale_reference=sale.reference))
    return taken


def _claw_back(
    session: Session,
    program: Program,
    refunds: Sequence[Refund],
    new: Mapping[str, int],
    pieces: Mapping[str, Sequence[Piece]],
    *,
    actor: str,
) -> None:
    touched = {piece.line.sale_id for taken in pieces.values() for piece in taken}
    originals = _originals(session, touched)
    rule_of = _Rules(session, program, touched)
    effective = _effective_times(session, new)
    rows: list[dict[str, Any]] = []
    for refund in refunds:
        for original, base in _bases(pieces[refund.reference], originals, rule_of):
            at = effective[refund.reference]
            rows.append(_row(refund, new[refund.reference], original, base, at))
    booking.book(session, program, rows)
    gone = [original.row for of_sale in originals.values() for original in of_sale if original.gone]
    _reverse(session, gone, rows, actor=actor)


def _originals(session: Session, sale_ids: set[int]) -> dict[int, list[_Original]]:
    """Return the open or paid commissions of the sales, locked, with what is taken so far."""
    rows = session.scalars(
        select(Commission)
        .where(
            sets.among(session, Commission.sale_id, sale_ids),
            Commission.kind.in_(("sale", "override")),
            Commission.state != CommissionState.REJECTED,
        )
        .order_by(Commission.id)
        .with_for_update(),
        execution_options={"populate_existing": True},
    ).all()
    taken = {
        row.original_id: row
        for row in session.execute(
            select(
                Commission.original_id,
                func.sum(Commission.base_minor).label("base"),
                func.sum(Commission.amount_minor).label("amount"),
            )
            .where(sets.among(session, Commission.original_id, [row.id for row in rows]))
            .group_by(Commission.original_id)
        )
    }
    found: dict[int, list[_Original]] = defaultdict(list)
    for row in rows:
        before = taken.get(row.id)
        base, amount = (-int(before.base), -int(before.amount)) if before else (0, 0)
        found[row.sale_id or 0].append(_Original(row, base, amount))
    return found


class _Rules:
    """The rule that each line of a converted sale fell under, by its frozen plan version."""

    def __init__(self, session: Session, program: Program, sale_ids: Iterable[int]) -> None:
        self._plans = Plans(session, program)
        rows = session.execute(
            select(Conversion.sale_id, Conversion.plan_version_id, Conversion.partner_kind).where(
                sets.among(session, Conversion.sale_id, sale_ids)
            )
        )
        self._terms = {row.sale_id: (row.plan_version_id, row.partner_kind) for row in rows}

    def of(self, line: SoldLine) -> Rule:
        version_id, partner_kind = self._terms[line.sale_id]
        return self._plans.by_id(version_id).rule_for(line.stock_code, line.category, partner_kind)


def _bases(
    pieces: Sequence[Piece], originals: Mapping[int, Sequence[_Original]], rule_of: _Rules
) -> list[tuple[_Original, int]]:
    """Return the commissions that one refund touches, each with the base that comes back."""
    bases: dict[int, int] = defaultdict(int)
    by_id: dict[int, _Original] = {}
    for piece in pieces:
        for original in originals.get(piece.line.sale_id, ()):
            rule = rule_of.of(piece.line)
            if rule.pays and original.row.rule_id in {rule.id, None}:
                by_id[original.row.id] = original
                bases[original.row.id] += piece.base_minor
    return [(by_id[id_], base) for id_, base in bases.items() if base]


def _effective_times(session: Session, new: Mapping[str, int]) -> dict[str, datetime]:
    rows = session.execute(
        select(RefundRecord.reference, RefundRecord.effective_at).where(
            sets.among(session, RefundRecord.id, new.values())
        )
    )
    return {reference: effective_at for reference, effective_at in rows}


def _row(
    refund: Refund, refund_id: int, original: _Original, base_minor: int, at: datetime
) -> dict[str, Any]:
    row = original.row
    follows = row.state in _FOLLOWS
    return {
        "program_id": row.program_id,
        "partner_id": row.partner_id,
        "kind": "clawback",
        "reference": f"{_escaped(refund.reference)}>{row.reference}",
        "sale_id": row.sale_id,
        "rule_id": row.rule_id,
        "original_id": row.id,
        "refund_id": refund_id,
        "base_minor": -base_minor,
        "rate_bps": row.rate_bps,
        "amount_minor": -original.take(base_minor),
        "state": row.state if follows else CommissionState.READY,
        "effective_at": max(at, row.effective_at),
        "due_at": row.due_at if follows else None,
    }


def _escaped(reference: str) -> str:
    """Return a reference whose ``>`` can't be taken for the one that joins it to another."""
    return reference.replace("\\", "\\\\").replace(">", "\\>")


def _reverse(
    session: Session, gone: Sequence[Commission], rows: Sequence[Mapping[str, Any]], *, actor: str
) -> None:
    """Move what was taken back in whole while on hold, and all that took it, to reversed."""
    if not gone:
        return
    times = {row["original_id"]: row["effective_at"] for row in rows}
    taken = session.scalars(
        select(Commission).where(sets.among(session, Commission.original_id, [c.id for c in gone])),
        execution_options={"populate_existing": True},
    ).all()
    moving = [c for c in (*gone, *taken) if MONEY_LIES_IN.get(c.state) == "accrued"]
    booking.move(
        session,
        [Standing(c.id, c.partner_id, c.kind, c.amount_minor, c.state) for c in moving],
        CommissionState.REVERSED,
        at={c.id: times[c.original_id or c.id] for c in moving},
        actor=actor,
        reason="taken back in whole",
    )


def _answers(
    session: Session, program: Program, refunds: Sequence[Refund], new: Mapping[str, int]
) -> list[TakenBack]:
    rows = session.execute(
        select(
            RefundRecord.reference,
            func.count(Commission.id).label("clawbacks"),
            func.coalesce(func.sum(Commission.amount_minor), 0).label("amount"),
        )
        .outerjoin(Commission, Commission.refund_id == RefundRecord.id)
        .where(
            RefundRecord.program_id == program.id,
            sets.among(session, RefundRecord.reference, [r.reference for r in refunds]),
        )
        .group_by(RefundRecord.reference)
    )
    found = {row.reference: row for row in rows}
    return [
        TakenBack(
            refund.reference,
            found[refund.reference].clawbacks,
            int(found[refund.reference].amount),
            refund.reference in new,
        )
        for refund in refunds
    ]
