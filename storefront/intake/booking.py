"""Booking some documents of an export in one transaction, in order of time.

Composes the engine's verbs as a shop's own walk would: paid, completed, released, taken back.
The clock moves along the documents: what is due is released before the next later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from commissions import accrual, approval, clawbacks, conversions, ledger, returns, sets
from commissions.models import Program
from commissions.money import MAX_MINOR
from commissions.returns import Found, Returned
from commissions.values import Buyer, Completion, Refund, Sale, SaleLine, Touch, digest
from storefront.intake import staging
from storefront.intake.models import ImportDocument, ImportReject
from storefront.intake.referrals import KIND
from storefront.intake.staging import StagedRow

_NEVER = datetime.max.replace(tzinfo=UTC)
TOO_LARGE = "amount too large"
UNMATCHED = "unmatched return"
OTHER_CONTENT = "imported before with other content"


Rejects = list[tuple[int, str, int | None]]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many sales and returns were new, and how many of the sales earn somebody."""

    sales: int = 0
    returns: int = 0
    attributed: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            self.sales + other.sales,
            self.returns + other.returns,
            self.attributed + other.attributed,
        )


class _Sold(NamedTuple):
    """When the new sales were paid, how many of them earn somebody, and contradicting rows."""

    at: list[datetime]
    attributed: int
    conflicts: Rejects


class _Line(NamedTuple):
    """An accepted row with its place among all rows of its document, from 1."""

    line_no: int
    row: StagedRow


class _Document(NamedTuple):
    reference: str
    at: datetime
    buyer: Buyer
    lines: list[_Line]


def book(
    session: Session,
    program: Program,
    run_id: int,
    listed: Sequence[ImportDocument],
    touches: Mapping[str, int],
    *,
    actor: str,
) -> Counted:
    """Book documents that are in order; what was booked before changes nothing.

    ``touches`` are partner ids by the buyer's account.
    """
    # An import accrues before it takes back, so it locks in an order of its own: alone.
    ledger.stop_postings(session, program)
    rows = staging.rows_of(session, run_id, [document.reference for document in listed])
    sales = [_document(d, rows[d.reference]) for d in listed if not d.is_return]
    came_back = [_document(d, rows[d.reference]) for d in listed if d.is_return]
    sold = _book_sales(session, program, sales, touches, actor=actor)
    new_returns, rejected = _book_returns(session, program, came_back, sold.at, actor=actor)
    _reject(session, run_id, sold.conflicts + rejected)
    return Counted(len(sold.at), len(new_returns), sold.attributed)


def is_too_large(session: Session, run_id: int, document: ImportDocument) -> bool:
    """Tell whether a sale amounts to more than the books take; then its rows are rejected."""
    rows = staging.rows_of(session, run_id, [document.reference])[document.reference]
    amount = sum(row.amount_minor for row in rows if row.reason is None)
    return not document.is_return and amount > MAX_MINOR


def _document(document: ImportDocument, rows: Sequence[StagedRow]) -> _Document:
    first = rows[0]
    lines = [_Line(i, row) for i, row in enumerate(rows, start=1) if row.reason is None]
    buyer = Buyer(first.buyer, first.email, first.phone)
    return _Document(document.reference, document.occurred_at, buyer, lines)


def _book_sales(
    session: Session,
    program: Program,
    documents: Sequence[_Document],
    touches: Mapping[str, int],
    *,
    actor: str,
) -> _Sold:
    """Record and complete sales; return what is new of them, and contradicting rows."""
    sales = {d.reference: _sale(program, d, touches) for d in documents}
    known = conversions.known(session, program, list(sales))
    conflicts: Rejects = []
    for document in documents:
        if sales[document.reference].amount_minor > MAX_MINOR:
            del sales[document.reference]
            conflicts += [(line.row.row_no, TOO_LARGE, None) for line in document.lines]
            continue
        recorded = known.get(document.reference)
        if recorded and recorded != sales[document.reference].fingerprint():
            del sales[document.reference]
            conflicts += [(line.row.row_no, OTHER_CONTENT, None) for line in document.lines]
    recorded_now = conversions.record(session, program, list(sales.values()))
    accrual.accrue(
        session,
        program,
        [Completion(sale.reference, sale.paid_at) for sale in sales.values()],
        actor=actor,
    )
    return _Sold(
        [sale.paid_at for ref, sale in sales.items() if ref not in known],
        sum(one.new and one.partner_id is not None for one in recorded_now),
        conflicts,
    )


def _sale(program: Program, document: _Document, touches: Mapping[str, int]) -> Sale:
    partner_id = touches.get(document.buyer.account or "")
    return Sale(
        reference=document.reference,
        paid_at=document.at,
        currency=program.currency,
        lines=tuple(_sale_line(line) for line in document.lines),
        buyer=document.buyer,
        touches=() if partner_id is None else (Touch(partner_id, KIND, document.at),),
    )


def _sale_line(line: _Line) -> SaleLine:
    row = line.row
    return SaleLine(line.line_no, row.stock_code, row.quantity, row.amount_minor, row.category)


def _book_returns(
    session: Session,
    program: Program,
    documents: Sequence[_Document],
    sold_at: Sequence[datetime],
    *,
    actor: str,
) -> tuple[list[Refund], Rejects]:
    """Match and take back returns, releasing along the clock; return the new ones and rejects."""
    contents = {d.reference: _content(d) for d in documents}
    known = clawbacks.known(session, program, list(contents))
    new = [d for d in documents if d.reference not in known]
    rejected: Rejects = []
    found = returns.find(session, program, [_returned(d, line) for d in new for line in d.lines])
    refunds = []
    matches = iter(found)
    for document in new:
        matched = [next(matches) for _ in document.lines]
        rejected += _left_over(document, [one.left_over for one in matched])
        refunds.append(_refund(document, matched, contents[document.reference]))
    rejected += _known_rejects(session, program, documents, known, contents)
    instants = [*sold_at, *(refund.at for refund in refunds)]
    _walk(session, program, refunds, _clock(session, program, instants), actor=actor)
    return refunds, rejected


def _walk(
    session: Session,
    program: Program,
    refunds: Sequence[Refund],
    clock: Sequence[datetime],
    *,
    actor: str,
) -> None:
    """Take back in order of time; release first where a refund meets what has become due."""
    named = {line.sale_reference for refund in refunds for line in refund.lines}
    due = approval.next_due(session, program, named)
    waiting: list[Refund] = []
    for refund in refunds:
        if any(due.get(line.sale_reference, _NEVER) <= refund.at for line in refund.lines):
            clawbacks.take_back(session, program, waiting, actor=actor)
            waiting = []
            until = [instant for instant in clock if instant <= refund.at]
            approval.release(session, program, at=until, actor=actor)
            due = {ref: at for ref, at in due.items() if at > refund.at}
        waiting.append(refund)
    clawbacks.take_back(session, program, waiting, actor=actor)
    approval.release(session, program, at=clock, actor=actor)


def _clock(session: Session, program: Program, instants: Sequence[datetime]) -> list[datetime]:
    """Return the instants of new documents in order; none lies in a sealed month."""
    opened = ledger.open_from(session, program)
    return sorted({max(instant, opened or instant) for instant in instants})


def _returned(document: _Document, line: _Line) -> Returned:
    row = line.row
    return Returned(
        line.line_no, document.buyer.account, row.stock_code, -row.quantity, document.at
    )


def _content(document: _Document) -> str:
    """Return a digest of a return as it came in: what it matches is a finding of ours."""
    rows = [(line.line_no, line.row.stock_code, line.row.quantity) for line in document.lines]
    return digest(document.reference, document.at.isoformat(), document.buyer.account, rows)


def _refund(document: _Document, matched: Sequence[Found], content: str) -> Refund:
    lines = tuple(line for found in matched for line in found.lines)
    return Refund(document.reference, document.at, lines, content=content)


def _left_over(document: _Document, left: Sequence[int]) -> Rejects:
    return [
        (line.row.row_no, UNMATCHED, pieces)
        for line, pieces in zip(document.lines, left, strict=True)
        if pieces
    ]


def _known_rejects(
    session: Session,
    program: Program,
    documents: Sequence[_Document],
    known: Mapping[str, str],
    contents: Mapping[str, str],
) -> Rejects:
    """Return what was rejected of returns that an earlier import booked: the same as then."""
    pieces = returns.matched_pieces(session, program, known)
    rejected: Rejects = []
    for document in documents:
        if document.reference not in known:
            continue
        if known[document.reference] != contents[document.reference]:
            rejected += [(line.row.row_no, OTHER_CONTENT, None) for line in document.lines]
            continue
        left = [
            -line.row.quantity - pieces.get((document.reference, line.line_no), 0)
            for line in document.lines
        ]
        rejected += _left_over(document, left)
    return rejected


def _reject(session: Session, run_id: int, rejected: Rejects) -> None:
    sets.insert_rows(
        session,
        ImportReject,
        [
            {"run_id": run_id, "row_no": row_no, "reason": reason, "left_over_quantity": left}
            for row_no, reason, left in rejected
        ],
    )
