"""Sales come in, conversions go out: each paid order is stored once and attributed once.

Decides nothing itself: ``attribution`` says who earns, ``rules`` what it is estimated at. Books
no transfer; that is ``accrual``'s, once the order is completed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import attribution, risk, rules, sets
from commissions.attribution import Attribution
from commissions.errors import CurrencyMismatch, SaleConflict, SaleUnknown
from commissions.models import (
    AttributionDecision,
    Conversion,
    Partner,
    Program,
    SaleLineRecord,
    SaleRecord,
)
from commissions.periods import aware
from commissions.plans import Plans
from commissions.states import SALE_MOVES, SaleState, check_move
from commissions.values import Buyer, Sale, SaleLine, check_sale


class Recorded(NamedTuple):
    """What became of one sale; ``estimated_minor`` is the seller's own estimate."""

    reference: str
    partner_id: int | None
    estimated_minor: int
    new: bool


class _Seller(NamedTuple):
    identity: risk.Identity
    kind: str
    sponsor_id: int | None


def record(session: Session, program: Program, sales: Sequence[Sale]) -> list[Recorded]:
    """Store paid sales, attribute each, and freeze its terms; answers in the order given.

    A sale sent again gives the same answer. Raises SaleConflict when it has other content,
    CurrencyMismatch, SaleInvalid, AmountInvalid, NoPlanInForce.
    """
    for sale in sales:
        check_sale(sale)
        _check_currency(program, sale)
    fingerprints = _fingerprints(sales)
    new = _insert_sales(session, program, sales, fingerprints)
    _refuse_contradictions(session, program, sales, fingerprints)
    fresh = {sale.reference: sale for sale in sales if sale.reference in new}
    _insert_details(session, program, [(new[ref], sale) for ref, sale in fresh.items()])
    return _answers(session, program, sales, new)


def known(session: Session, program: Program, references: Sequence[str]) -> dict[str, str]:
    """Return the fingerprints of those sales that are recorded, by reference."""
    rows = session.execute(
        select(SaleRecord.reference, SaleRecord.fingerprint).where(
            SaleRecord.program_id == program.id,
            sets.among(session, SaleRecord.reference, references),
        )
    )
    return {reference: fingerprint for reference, fingerprint in rows}


def cancel(
    session: Session,
    program: Program,
    references: Sequence[str],
    *,
    at: datetime,
    actor: str,
    reason: str,
) -> None:
    """Cancel paid sales before completion: their estimates end as Reversed, no transfer is made.

    Raises SaleUnknown, TimeInvalid, and StateConflict for a completed sale; a cancelled one
    stays as it is.
    """
    when = aware(at)
    rows = session.execute(
        select(SaleRecord.id, SaleRecord.reference, SaleRecord.state)
        .where(
            SaleRecord.program_id == program.id,
            sets.among(session, SaleRecord.reference, references),
        )
        .order_by(SaleRecord.id)
        .with_for_update()
    ).all()
    missing = {*references} - {row.reference for row in rows}
    if missing:
        message = f"Sale {min(missing)} is unknown: there is nothing to cancel."
        raise SaleUnknown(message)
    open_rows = [row for row in rows if row.state != SaleState.CANCELLED]
    for row in open_rows:
        check_move(SALE_MOVES, row.state, SaleState.CANCELLED, what=f"Sale {row.reference}")
    sets.update_by_id(
        session, SaleRecord, [{"id": row.id, "state": SaleState.CANCELLED} for row in open_rows]
    )
    sets.record_moves(
        session,
        "sale",
        [(row.id, row.state, SaleState.CANCELLED, when) for row in open_rows],
        actor=actor,
        reason=reason,
    )


def _check_currency(program: Program, sale: Sale) -> None:
    if sale.currency != program.currency:
        message = (
            f"Sale {sale.reference} is in {sale.currency}, program {program.code} in"
            f" {program.currency}: send it to a program of its currency."
        )
        raise CurrencyMismatch(message)


def _fingerprints(sales: Sequence[Sale]) -> dict[str, str]:
    found: dict[str, str] = {}
    for sale in sales:
        fingerprint = sale.fingerprint()
        if found.setdefault(sale.reference, fingerprint) != fingerprint:
            message = f"Sale {sale.reference} is given twice with other content: send it once."
            raise SaleConflict(message)
    return found


def _insert_sales(
    session: Session, program: Program, sales: Sequence[Sale], fingerprints: Mapping[str, str]
) -> dict[str, int]:
    """Insert what isn't there yet and return the new ids by reference.

    Two workers with one order: the second waits here for the first, and then inserts nothing.
    """
    given = {sale.reference: sale for sale in sales}
    recorded = known(session, program, list(given))
    missing = [sale for ref, sale in given.items() if ref not in recorded]
    ids = sets.next_ids(session, SaleRecord, len(missing))
    rows = [
        {
            "id": sale_id,
            "program_id": program.id,
            "reference": sale.reference,
            "state": SaleState.PAID,
            "amount_minor": sale.amount_minor,
            "paid_at": sale.paid_at,
            "buyer_account": sale.buyer.account,
            "fingerprint": fingerprints[sale.reference],
        }
        for sale_id, sale in zip(ids, missing, strict=True)
    ]
    # By reference: two workers with the same orders in another order would lock each other.
    sets.insert_missing(session, SaleRecord, sorted(rows, key=itemgetter("reference")))
    mine = session.execute(
        select(SaleRecord.reference, SaleRecord.id).where(sets.among(session, SaleRecord.id, ids))
    )
    return {reference: sale_id for reference, sale_id in mine}


def _refuse_contradictions(
    session: Session, program: Program, sales: Sequence[Sale], fingerprints: Mapping[str, str]
) -> None:
    recorded = known(session, program, list(fingerprints))
    for sale in sales:
        if recorded[sale.reference] != fingerprints[sale.reference]:
            raise _contradiction(session, program, sale)


def _contradiction(session: Session, program: Program, sale: Sale) -> SaleConflict:
    held = session.scalars(
        select(SaleRecord).where(
            SaleRecord.program_id == program.id, SaleRecord.reference == sale.reference
        )
    ).one()
    lines = session.scalars(
        select(SaleLineRecord)
        .where(SaleLineRecord.sale_id == held.id)
        .order_by(SaleLineRecord.line_no)
    )
    recorded = _shown(held.paid_at, held.buyer_account, lines)
    given = _shown(sale.paid_at, sale.buyer.account, sale.lines)
    if given == recorded:
        given += ", with another mail or phone of the buyer"
    message = (
        f"Sale {sale.reference} is recorded with other content: recorded is {recorded};"
        f" given is {given}. Send a changed order under a new reference."
    )
    return SaleConflict(message)


def _shown(
    paid_at: datetime, account: str | None, lines: Iterable[SaleLine | SaleLineRecord]
) -> str:
    listed = ", ".join(
        f"{line.line_no}: {line.quantity} × {line.stock_code}"
        f"{f' ({line.category})' if line.category else ''} = {line.amount_minor}"
        for line in lines
    )
    return f"{paid_at.astimezone(UTC).isoformat()} to {account or 'a guest'} [{listed}]"


def _insert_details(session: Session, program: Program, sales: Sequence[tuple[int, Sale]]) -> None:
    sellers = _sellers(session, program, [sale for _, sale in sales])
    decisions = [(sale_id, sale, _attribute(program, sale, sellers)) for sale_id, sale in sales]
    sets.insert_rows(
        session, SaleLineRecord, [_line_row(i, line) for i, sale in sales for line in sale.lines]
    )
    sets.insert_rows(
        session, AttributionDecision, [_decision_row(i, found) for i, _, found in decisions]
    )
    plans = Plans(session, program)
    sets.insert_rows(
        session,
        Conversion,
        [
            _conversion_row(program, sale_id, sale, sellers[found.partner_id], plans)
            for sale_id, sale, found in decisions
            if found.partner_id is not None
        ],
    )


def _sellers(session: Session, program: Program, sales: Sequence[Sale]) -> dict[int, _Seller]:
    touched = {touch.partner_id for sale in sales for touch in sale.touches}
    rows = session.execute(
        select(
            Partner.id,
            Partner.account,
            Partner.email,
            Partner.phone,
            Partner.country,
            Partner.kind,
            Partner.sponsor_id,
        ).where(Partner.program_id == program.id, sets.among(session, Partner.id, touched))
    )
    return {row.id: _Seller(risk.Identity(*row[:5]), row.kind, row.sponsor_id) for row in rows}


def _attribute(program: Program, sale: Sale, sellers: Mapping[int, _Seller]) -> Attribution:
    touches = [touch for touch in sale.touches if touch.partner_id in sellers]
    return attribution.attribute(
        touches,
        paid_at=sale.bought_at,
        window_days=program.window_days,
        self_purchases=_self_purchases(sale.buyer, [sellers[t.partner_id] for t in touches]),
    )


def _self_purchases(buyer: Buyer, sellers: Sequence[_Seller]) -> frozenset[int]:
    return frozenset(
        seller.identity.partner_id
        for seller in sellers
        if risk.self_purchase(buyer, seller.identity)
    )


def _line_row(sale_id: int, line: SaleLine) -> sets.Row:
    return {
        "sale_id": sale_id,
        "line_no": line.line_no,
        "stock_code": line.stock_code,
        "category": line.category,
        "quantity": line.quantity,
        "amount_minor": line.amount_minor,
    }


def _decision_row(sale_id: int, found: Attribution) -> sets.Row:
    return {
        "sale_id": sale_id,
        "partner_id": found.partner_id,
        "rule": found.rule,
        "reason": found.reason,
        "touches": [
            {
                "id": seen.touch.id,
                "key": seen.touch.key,
                "partner_id": seen.touch.partner_id,
                "kind": seen.touch.kind,
                "occurred_at": seen.touch.occurred_at.astimezone(UTC).isoformat(),
                "verdict": seen.verdict,
            }
            for seen in found.verdicts
        ],
    }


def _conversion_row(
    program: Program, sale_id: int, sale: Sale, seller: _Seller, plans: Plans
) -> sets.Row:
    plan = plans.in_force(sale.paid_at)
    lines = [
        rules.QuoteLine(x.line_no, x.stock_code, x.category, x.amount_minor) for x in sale.lines
    ]
    return {
        "sale_id": sale_id,
        "program_id": program.id,
        "partner_id": seller.identity.partner_id,
        "partner_kind": seller.kind,
        "sponsor_id": seller.sponsor_id,
        "plan_version_id": plan.id,
        "hold_days": program.hold_days,
        "estimated_minor": rules.quote(plan, lines, partner_kind=seller.kind).amount_minor,
    }


def _answers(
    session: Session, program: Program, sales: Sequence[Sale], new: Mapping[str, int]
) -> list[Recorded]:
    rows = session.execute(
        select(SaleRecord.reference, Conversion.partner_id, Conversion.estimated_minor)
        .join(Conversion, Conversion.sale_id == SaleRecord.id)
        .where(
            SaleRecord.program_id == program.id,
            sets.among(session, SaleRecord.reference, [sale.reference for sale in sales]),
        )
    )
    attributed = {row.reference: row for row in rows}
    return [
        Recorded(
            sale.reference,
            attributed[sale.reference].partner_id if sale.reference in attributed else None,
            attributed[sale.reference].estimated_minor if sale.reference in attributed else 0,
            sale.reference in new,
        )
        for sale in sales
    ]
