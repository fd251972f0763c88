"""The records of refunds: which came in before, and the sale lines that they took from.

The rows beneath ``clawbacks``. Decides that a refund sent again is the same one, and that one of
other content is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import ledger, sets
from commissions.errors import RefundConflict
from commissions.models import (
    Program,
    RefundLineRecord,
    RefundRecord,
    SaleLineRecord,
    SaleRecord,
)
from commissions.periods import aware
from commissions.refunds import Piece, shown
from commissions.values import MAX_TEXT, Refund, check_reference, check_text


def known(session: Session, program: Program, references: Sequence[str]) -> dict[str, str]:
    """Return the fingerprints of those refunds that are recorded, by reference."""
    rows = session.execute(
        select(RefundRecord.reference, RefundRecord.fingerprint).where(
            RefundRecord.program_id == program.id,
            sets.among(session, RefundRecord.reference, references),
        )
    )
    return {reference: fingerprint for reference, fingerprint in rows}


def insert_new(session: Session, program: Program, refunds: Sequence[Refund]) -> dict[str, int]:
    """Insert what isn't there yet and return the new ids by reference."""
    fingerprints: dict[str, str] = {}
    for refund in refunds:
        check_reference(refund.reference)
        check_text(f"The reason of refund {refund.reference}", refund.reason, most=MAX_TEXT)
        given = refund.fingerprint()
        if fingerprints.setdefault(refund.reference, given) != given:
            message = f"Refund {refund.reference} is given twice with other content: send it once."
            raise RefundConflict(message)
    before = known(session, program, list(fingerprints))
    missing = list({r.reference: r for r in refunds if r.reference not in before}.values())
    ids = sets.next_ids(session, RefundRecord, len(missing))
    ledger.hold_months_open(session, program)
    opened = ledger.open_from(session, program)
    rows = [
        {
            "id": refund_id,
            "program_id": program.id,
            "reference": refund.reference,
            "reason": refund.reason,
            "occurred_at": refund.at,
            "effective_at": max(aware(refund.at), opened or aware(refund.at)),
            "fingerprint": fingerprints[refund.reference],
        }
        for refund_id, refund in zip(ids, missing, strict=True)
    ]
    sets.insert_missing(session, RefundRecord, sorted(rows, key=itemgetter("reference")))
    recorded = known(session, program, list(fingerprints))
    for refund in refunds:
        if recorded[refund.reference] != fingerprints[refund.reference]:
            raise _contradiction(session, program, refund)
    mine = session.execute(
        select(RefundRecord.reference, RefundRecord.id).where(
            sets.among(session, RefundRecord.id, ids)
        )
    )
    return {reference: refund_id for reference, refund_id in mine}


def _contradiction(session: Session, program: Program, refund: Refund) -> RefundConflict:
    held = session.scalars(
        select(RefundRecord).where(
            RefundRecord.program_id == program.id, RefundRecord.reference == refund.reference
        )
    ).one()
    lines = session.execute(
        select(SaleRecord.reference, RefundLineRecord.line_no, RefundLineRecord.quantity)
        .join(SaleRecord, SaleRecord.id == RefundLineRecord.sale_id)
        .where(RefundLineRecord.refund_id == held.id)
        .order_by(RefundLineRecord.id)
    )
    taken = [(sale, line_no, pieces) for sale, line_no, pieces in lines]
    asked = [(line.sale_reference, line.line_no, line.quantity) for line in refund.lines]
    message = (
        f"Refund {refund.reference} is recorded with other content: recorded is"
        f" {shown(held.occurred_at, held.reason, taken)} ({held.fingerprint[:8]}); given is"
        f" {shown(refund.at, refund.reason, asked)} ({refund.fingerprint()[:8]})."
        f" Send another refund under a new reference."
    )
    return RefundConflict(message)


def write_lines(
    session: Session, new: Mapping[str, int], pieces: Mapping[str, Sequence[Piece]]
) -> None:
    """Write what came back of each line, and the lines of the new refunds; ``new`` are ids."""
    touched = {
        (piece.line.sale_id, piece.line.line_no): piece.line
        for taken in pieces.values()
        for piece in taken
    }
    sets.update_by_key(
        session,
        SaleLineRecord,
        [
            {
                "sale_id": line.sale_id,
                "line_no": line.line_no,
                "returned_quantity": line.returned_quantity,
                "refunded_base_minor": line.refunded_base_minor,
            }
            for line in touched.values()
        ],
        key=("sale_id", "line_no"),
    )
    sets.insert_rows(
        session,
        RefundLineRecord,
        [
            {
                "refund_id": new[reference],
                "document_line": piece.document_line,
                "sale_id": piece.line.sale_id,
                "line_no": piece.line.line_no,
                "quantity": piece.quantity,
                "base_minor": piece.base_minor,
            }
            for reference, taken in pieces.items()
            for piece in taken
        ],
    )
