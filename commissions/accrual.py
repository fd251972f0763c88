"""A completed order credits the people who brought it: the seller, and the sponsor above.

Decides nothing itself: ``rules`` and ``teams`` say what is earned, under the plan version that
was frozen when the order was paid. The hold begins here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from commissions import booking, ledger, sets, teams
from commissions.errors import SaleUnknown, TimeInvalid
from commissions.models import Commission, Conversion, Program, SaleLineRecord, SaleRecord
from commissions.periods import aware
from commissions.plans import Plans
from commissions.rules import Quote, QuoteLine, quote
from commissions.states import SALE_MOVES, CommissionState, SaleState, check_move
from commissions.values import Completion


class Accrued(NamedTuple):
    """What one completion credited in all; ``new`` is False when it had been done before."""

    reference: str
    commissions: int
    amount_minor: int
    new: bool


class _Terms(NamedTuple):
    """A conversion being completed: its sale, its seller, the frozen terms, the time."""

    sale_id: int
    reference: str
    partner_id: int
    partner_kind: str
    sponsor_id: int | None
    plan_version_id: int
    hold_days: int
    at: datetime


def accrue(
    session: Session, program: Program, completions: Sequence[Completion], *, actor: str
) -> list[Accrued]:
    """Complete paid sales and book what they earn, in the order given.

    Done twice it gives the same answer and books nothing. Raises SaleUnknown for an order never
    paid, StateConflict for a cancelled one, TimeInvalid for a completion before payment, and
    MonthSealed.
    """
    wanted = {completion.reference: completion for completion in reversed(completions)}
    ledger.hold_months_open(session, program)
    sales = _lock_sales(session, program, wanted)
    fresh = {ref: row.id for ref, row in sales.items() if row.state == SaleState.PAID}
    for reference in fresh:
        _check_time(sales[reference], wanted[reference].at)
    _complete(session, fresh, wanted, actor=actor)
    _book(session, program, _terms(session, fresh, wanted))
    return _answers(session, [sales[completion.reference] for completion in completions], fresh)


def _lock_sales(
    session: Session, program: Program, wanted: Mapping[str, Completion]
) -> dict[str, Row[tuple[int, str, str, datetime]]]:
    rows = session.execute(
        select(SaleRecord.id, SaleRecord.reference, SaleRecord.state, SaleRecord.paid_at)
        .where(
            SaleRecord.program_id == program.id,
            sets.among(session, SaleRecord.reference, wanted),
        )
        .order_by(SaleRecord.id)
        .with_for_update()
    )
    sales = {row.reference: row for row in rows}
    for reference in wanted:
        if reference not in sales:
            message = f"Sale {reference} was never paid: record it before it is completed."
            raise SaleUnknown(message)
        if sales[reference].state != SaleState.COMPLETED:
            check_move(
                SALE_MOVES, sales[reference].state, SaleState.COMPLETED, what=f"Sale {reference}"
            )
    return sales


def _check_time(sale: Row[tuple[int, str, str, datetime]], at: datetime) -> None:
    if aware(at) < sale.paid_at:
        message = (
            f"Sale {sale.reference} was paid at {sale.paid_at.isoformat()} and can't be completed"
            f" before, at {at.isoformat()}."
        )
        raise TimeInvalid(message)


def _complete(
    session: Session,
    fresh: Mapping[str, int],
    wanted: Mapping[str, Completion],
    *,
    actor: str,
) -> None:
    times = {sale_id: aware(wanted[reference].at) for reference, sale_id in fresh.items()}
    done = SaleState.COMPLETED
    rows = [{"id": sale_id, "state": done, "completed_at": at} for sale_id, at in times.items()]
    sets.update_by_id(session, SaleRecord, rows)
    moves = [(sale_id, SaleState.PAID, done, at) for sale_id, at in times.items()]
    sets.record_moves(session, "sale", moves, actor=actor)


def _terms(
    session: Session, fresh: Mapping[str, int], wanted: Mapping[str, Completion]
) -> list[_Terms]:
    """Return the conversions among the sales, in the order in which they are completed."""
    rows = session.execute(
        select(
            Conversion.sale_id,
            Conversion.partner_id,
            Conversion.partner_kind,
            Conversion.sponsor_id,
            Conversion.plan_version_id,
            Conversion.hold_days,
        ).where(sets.among(session, Conversion.sale_id, fresh.values()))
    )
    found = {row.sale_id: row for row in rows}
    return [
        _Terms(
            sale_id=sale_id,
            reference=reference,
            partner_id=found[sale_id].partner_id,
            partner_kind=found[sale_id].partner_kind,
            sponsor_id=found[sale_id].sponsor_id,
            plan_version_id=found[sale_id].plan_version_id,
            hold_days=found[sale_id].hold_days,
            at=aware(wanted[reference].at),
        )
        for reference, sale_id in ((ref, fresh[ref]) for ref in wanted if ref in fresh)
        if sale_id in found
    ]


def _book(session: Session, program: Program, terms: Sequence[_Terms]) -> None:
    lines = _lines(session, [term.sale_id for term in terms])
    plans = Plans(session, program)
    rows: list[dict[str, Any]] = []
    for term in terms:
        plan = plans.by_id(term.plan_version_id)
        found = quote(plan, lines[term.sale_id], partner_kind=term.partner_kind)
        rows.extend(_seller_rows(program, term, found))
        rows.extend(_sponsor_rows(program, term, found, plan.override_bps))
    booking.book(session, program, rows)


def _lines(session: Session, sale_ids: Sequence[int]) -> dict[int, list[QuoteLine]]:
    """Return each sale's lines with their bases net of what came back before completion."""
    # On the connection: rows that pass through the ORM take twice as long.
    line = SaleLineRecord.__table__.c
    rows = session.connection().execute(
        select(
            line.sale_id,
            line.line_no,
            line.stock_code,
            line.category,
            line.amount_minor - line.refunded_base_minor,
        )
        .where(sets.among(session, SaleLineRecord.sale_id, sale_ids))
        .order_by(line.sale_id, line.line_no)
    )
    lines: dict[int, list[QuoteLine]] = defaultdict(list)
    for sale_id, *columns in rows.all():
        lines[sale_id].append(QuoteLine(*columns))
    return lines


def _seller_rows(program: Program, term: _Terms, found: Quote) -> list[dict[str, Any]]:
    return [
        _row(program, term)
        | {
            "partner_id": term.partner_id,
            "kind": "sale",
            "reference": f"{term.reference}:{group.rule.position}",
            "rule_id": group.rule.id,
            "base_minor": group.base_minor,
            "rate_bps": group.rule.rate_bps,
            "amount_minor": group.amount_minor,
        }
        for group in found.paying
    ]


def _sponsor_rows(
    program: Program, term: _Terms, found: Quote, override_bps: int
) -> list[dict[str, Any]]:
    earned = teams.override(
        sponsor_id=term.sponsor_id, base_minor=found.base_minor, rate_bps=override_bps
    )
    if earned is None:
        return []
    row = _row(program, term) | {
        "partner_id": earned.partner_id,
        "kind": "override",
        "reference": f"{term.reference}:override",
        "rule_id": None,
        "base_minor": earned.base_minor,
        "rate_bps": earned.rate_bps,
        "amount_minor": earned.amount_minor,
    }
    return [row]


def _row(program: Program, term: _Terms) -> dict[str, Any]:
    return {
        "program_id": program.id,
        "sale_id": term.sale_id,
        "state": CommissionState.ON_HOLD,
        "effective_at": term.at,
        "due_at": term.at + timedelta(days=term.hold_days),
    }


def _answers(
    session: Session,
    sales: Sequence[Row[tuple[int, str, str, datetime]]],
    fresh: Mapping[str, int],
) -> list[Accrued]:
    rows = session.execute(
        select(Commission.sale_id, Commission.amount_minor).where(
            sets.among(session, Commission.sale_id, [sale.id for sale in sales]),
            Commission.kind.in_(("sale", "override")),
        )
    )
    amounts: dict[int | None, list[int]] = defaultdict(list)
    for sale_id, amount in rows:
        amounts[sale_id].append(amount)
    return [
        Accrued(
            sale.reference,
            len(amounts[sale.id]),
            sum(amounts[sale.id]),
            sale.reference in fresh,
        )
        for sale in sales
    ]
