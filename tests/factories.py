"""Made-up programs, partners, sales and refunds: a test names only what matters to it.

Every default is round, so that sums can be checked in the head: euros, months in UTC, ten percent
on everything, a window and a hold of thirty days, no minimum payout. Amounts are minor units.
"""

# ruff: noqa: ANN401 -- what is changed is whatever the made thing has
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from commissions import clicks, partners, programs
from commissions.clicks import Visit
from commissions.models import Partner, Program
from commissions.partners import PartnerTerms
from commissions.programs import Terms
from commissions.rules import Plan, Rule
from commissions.tiers import Tier
from commissions.values import Buyer, Refund, RefundLine, Sale, SaleLine, Touch

HOUR = timedelta(hours=1)
TERMS = Terms(
    code="roses",
    name="Roses",
    currency="EUR",
    time_zone="UTC",
    window_days=30,
    hold_days=30,
    minimum_payout_minor=0,
)
EVERYTHING = Rule(position=1, name="everything", rate_bps=1_000)


def at(moment: str) -> datetime:
    """Return an instant written ``2024-03-05`` or ``2024-03-05 12:30``; UTC unless it says."""
    instant = datetime.fromisoformat(moment)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


BEGINNING = at("2024-01-01")


def make_rule(position: int = 1, **changes: Any) -> Rule:
    """Return a rule that pays ten percent of everything, but for what is changed."""
    if "flat_minor" in changes:
        changes.setdefault("rate_bps", None)
    return replace(EVERYTHING, position=position, name=f"rule {position}", **changes)


def make_plan(*rules: Rule, tiers: Sequence[Tier] = (), override_bps: int = 0) -> Plan:
    """Return a plan; without rules, ten percent of everything."""
    return Plan(rules=rules or (EVERYTHING,), tiers=tuple(tiers), override_bps=override_bps)


def make_program(
    session: Session, plan: Plan | None = None, *, since: datetime = BEGINNING, **terms: Any
) -> Program:
    """Create a program with a plan in force from the beginning of 2024."""
    program = programs.set_terms(session, replace(TERMS, **terms))
    programs.publish_plan(session, program, plan or make_plan(), effective_from=since)
    return program


def make_terms(code: str = "mai", **changes: Any) -> PartnerTerms:
    """Return a KOC's terms, with payout details on the test rail."""
    usual = PartnerTerms(
        code=code,
        name=code.capitalize(),
        handle=code,
        kind="koc",
        payout_rail="test",
        payout_destination=f"bank of {code}",
    )
    return replace(usual, **changes)


def make_partner(session: Session, program: Program, code: str = "mai", **terms: Any) -> Partner:
    """Enrol one partner, a KOC unless told otherwise."""
    return partners.enrol(session, program, [make_terms(code, **terms)])[0]


def make_click(
    session: Session, program: Program, partner: Partner, *, when: datetime, **changes: Any
) -> Touch:
    """Record one click and return it as the touch that a sale carries."""
    return clicks.record(session, program, [Visit(partner.id, when, **changes)])[0]


def make_touch(partner: Partner | int, when: datetime, kind: str = "click") -> Touch:
    """Return a touch that only the sale itself names."""
    return Touch(partner if isinstance(partner, int) else partner.id, kind, when)


def make_line(line_no: int = 1, amount_minor: int = 100_00, **changes: Any) -> SaleLine:
    """Return a line of ten roses for a hundred euros in all."""
    return replace(SaleLine(line_no, "ROSE", 10, amount_minor), **changes)


def make_sale(reference: str = "S-1", **changes: Any) -> Sale:
    """Return a sale of one line to a guest, without a touch, paid at noon of 5 January 2024."""
    usual = Sale(reference, at("2024-01-05 12:00"), "EUR", (make_line(),))
    return replace(usual, **changes)


def make_buyer(**known: Any) -> Buyer:
    """Return a buyer of whom the shop knows what is given."""
    return Buyer(**known)


def make_refund(
    reference: str = "R-1", *lines: RefundLine, when: str = "2024-01-20", **changes: Any
) -> Refund:
    """Return a refund; without lines, of all that is left of sale S-1."""
    return Refund(reference, at(when), lines or (RefundLine("S-1"),), **changes)
