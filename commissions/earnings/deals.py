"""Attributed sales with their frozen terms and lines, and what they are estimated at.

Decides nothing itself: ``rules`` and ``teams`` say what a deal earns, as when it completes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import sets, teams
from commissions.models import Conversion, PlanVersion, Program, SaleLineRecord
from commissions.plans import Plans
from commissions.rules import Plan, Quote, QuoteLine, Rule, quote


@dataclass(frozen=True, slots=True)
class DealLine:
    """One line as it was sold, and what has come back of it so far; minor units."""

    line_no: int
    stock_code: str
    category: str | None
    quantity: int
    amount_minor: int
    returned_quantity: int
    returned_minor: int


@dataclass(frozen=True, slots=True)
class Deal:
    """An attributed sale: who brought it, the terms frozen when it was paid, its lines."""

    sale_id: int
    partner_id: int
    partner_kind: str
    sponsor_id: int | None
    plan: Plan
    plan_number: int
    lines: tuple[DealLine, ...]

    def rule_of(self, line: DealLine) -> Rule:
        """Return the rule that a line fell under."""
        return self.plan.rule_for(line.stock_code, line.category, self.partner_kind)

    def quote(self) -> Quote:
        """Return what the deal earns its seller, less what has come back."""
        lines = [
            QuoteLine(
                line.line_no,
                line.stock_code,
                line.category,
                line.amount_minor - line.returned_minor,
            )
            for line in self.lines
        ]
        return quote(self.plan, lines, partner_kind=self.partner_kind)

    def estimate(self, partner_id: int) -> int:
        """Return what the deal earns its seller, or its seller's sponsor, in minor units."""
        quoted = self.quote()
        if partner_id == self.partner_id:
            return quoted.amount_minor
        earned = teams.override(
            sponsor_id=self.sponsor_id,
            base_minor=quoted.base_minor,
            rate_bps=self.plan.override_bps,
        )
        return earned.amount_minor if earned else 0


def read(session: Session, program: Program, sale_ids: Iterable[int]) -> dict[int, Deal]:
    """Return the attributed ones among some sales, by their id."""
    wanted = [*sale_ids]
    rows = session.execute(
        select(
            Conversion.sale_id,
            Conversion.partner_id,
            Conversion.partner_kind,
            Conversion.sponsor_id,
            Conversion.plan_version_id,
            PlanVersion.number,
        )
        .join(PlanVersion, PlanVersion.id == Conversion.plan_version_id)
        .where(sets.among(session, Conversion.sale_id, wanted))
    ).all()
    if not rows:
        return {}
    plans, lines = Plans(session, program), _lines(session, wanted)
    return {
        row.sale_id: Deal(
            sale_id=row.sale_id,
            partner_id=row.partner_id,
            partner_kind=row.partner_kind,
            sponsor_id=row.sponsor_id,
            plan=plans.by_id(row.plan_version_id),
            plan_number=row.number,
            lines=tuple(lines[row.sale_id]),
        )
        for row in rows
    }


def _lines(session: Session, sale_ids: Iterable[int]) -> dict[int, list[DealLine]]:
    rows = session.execute(
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
        .where(sets.among(session, SaleLineRecord.sale_id, sale_ids))
        .order_by(SaleLineRecord.sale_id, SaleLineRecord.line_no)
    )
    found: dict[int, list[DealLine]] = defaultdict(list)
    for sale_id, *columns in rows:
        found[sale_id].append(DealLine(*columns))
    return found
