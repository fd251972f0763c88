"""Finding the sales to which goods come back, when the return doesn't name them.

Decides by what the reader gives: earlier lines of the same buyer and stock code that still have
pieces left, the latest sale first, on one sale the highest line first. Books nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.models import Program, RefundLineRecord, RefundRecord, SaleLineRecord, SaleRecord
from commissions.periods import aware
from commissions.refunds import SoldLine, match
from commissions.values import RefundLine


@dataclass(frozen=True, slots=True)
class Returned:
    """One row of a return: who sent back how many pieces of what, when, on which line."""

    document_line: int
    buyer_account: str | None
    stock_code: str
    quantity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The sale lines that a returned row was set against, and the pieces that found none."""

    lines: tuple[RefundLine, ...]
    left_over: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    line: SoldLine
    sale_reference: str
    paid_at: datetime


def find(session: Session, program: Program, rows: Sequence[Returned]) -> list[Found]:
    """Set returned rows against sale lines, in the order given; each takes pieces from the next.

    At equal times a sale comes before a return. Stock codes match to the letter. A row without
    a buyer finds nothing. Nothing is written: ``clawbacks.take_back`` does that.
    """
    candidates = _candidates(session, program, rows)
    return [_find_one(row, candidates) for row in rows]


def matched_pieces(
    session: Session, program: Program, references: Iterable[str]
) -> dict[tuple[str, int], int]:
    """Return how many pieces recorded refunds took back, by reference and document line."""
    rows = session.execute(
        select(RefundRecord.reference, RefundLineRecord.document_line, RefundLineRecord.quantity)
        .join(RefundLineRecord, RefundLineRecord.refund_id == RefundRecord.id)
        .where(
            RefundRecord.program_id == program.id,
            sets.among(session, RefundRecord.reference, references),
        )
    )
    pieces: dict[tuple[str, int], int] = defaultdict(int)
    for reference, document_line, quantity in rows:
        pieces[reference, document_line] += quantity
    return pieces


_Candidates = dict[tuple[str, str], list[_Candidate]]


def _candidates(session: Session, program: Program, rows: Sequence[Returned]) -> _Candidates:
    """Return the lines with pieces left by buyer and stock code, the latest sale first."""
    wanted = {(row.buyer_account, row.stock_code) for row in rows if row.buyer_account}
    lines = session.execute(
        select(
            SaleRecord.buyer_account,
            SaleRecord.reference,
            SaleRecord.paid_at,
            SaleLineRecord.sale_id,
            SaleLineRecord.line_no,
            SaleLineRecord.stock_code,
            SaleLineRecord.category,
            SaleLineRecord.quantity,
            SaleLineRecord.amount_minor,
            SaleLineRecord.returned_quantity,
            SaleLineRecord.refunded_base_minor,
        )
        .join(SaleLineRecord, SaleLineRecord.sale_id == SaleRecord.id)
        .where(
            SaleRecord.program_id == program.id,
            SaleRecord.state != "cancelled",
            sets.among(session, SaleRecord.buyer_account, {buyer for buyer, _ in wanted if buyer}),
            sets.among(session, SaleLineRecord.stock_code, {code for _, code in wanted}),
            SaleLineRecord.returned_quantity < SaleLineRecord.quantity,
        )
        .order_by(SaleRecord.paid_at.desc(), SaleRecord.id.desc(), SaleLineRecord.line_no.desc())
    )
    found: _Candidates = defaultdict(list)
    for buyer, reference, paid_at, *line in lines:
        sold = SoldLine(*line)
        if (buyer, sold.stock_code) in wanted:
            found[buyer, sold.stock_code].append(_Candidate(sold, reference, paid_at))
    return found


def _find_one(row: Returned, candidates: _Candidates) -> Found:
    listed = candidates.get((row.buyer_account or "", row.stock_code), [])
    until = aware(row.at)
    earlier = [one for one in listed if one.paid_at <= until]
    references = {id(one.line): one.sale_reference for one in earlier}
    matched = match((one.line for one in earlier), row.quantity)
    lines = tuple(
        RefundLine(references[id(line)], line.line_no, pieces, row.document_line)
        for line, pieces in matched.lines
    )
    return Found(lines, matched.left_over)
