"""Programs and their plans: setting terms and publishing plan versions.

Decides that a published version is never edited and that dates run forward. ``rules`` decides
whether a plan can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.errors import AmountInvalid, Conflict, Invalid, PlanConflict, ProgramUnknown
from commissions.models import PlanRule, PlanTier, PlanVersion, Program
from commissions.money import MAX_MINOR, exponent
from commissions.periods import aware, zone_of
from commissions.rules import Plan, check_plan
from commissions.values import MAX_TEXT, check_reference, check_text, digest

_MAX_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program is: money in minor units, days as whole numbers."""

    code: str
    name: str
    currency: str
    time_zone: str
    window_days: int
    hold_days: int
    minimum_payout_minor: int
    close_after_days: int | None = None


def find(session: Session, code: str) -> Program:
    """Return the program of a code; raises ProgramUnknown."""
    program = session.scalar(select(Program).where(Program.code == code))
    if program is None:
        message = f"There is no program {code!r}: apply a program file for it first."
        raise ProgramUnknown(message)
    return program


def everyone(session: Session) -> list[Program]:
    """Return all programs by code."""
    return list(session.scalars(select(Program).order_by(Program.code)))


def set_terms(session: Session, terms: Terms) -> Program:
    """Create a program or change its terms; what is recorded keeps the terms of its day.

    Raises Invalid for terms that can't hold, Conflict for a change of currency or time zone.
    """
    _check_terms(terms)
    program = session.scalar(select(Program).where(Program.code == terms.code))
    if program is None:
        program = Program(code=terms.code, currency=terms.currency, time_zone=terms.time_zone)
        session.add(program)
    for name in ("currency", "time_zone"):
        if getattr(program, name) != getattr(terms, name):
            message = (
                f"Program {terms.code} keeps its books in {getattr(program, name)}: a program's"
                f" {name.replace('_', ' ')} never changes, begin another one."
            )
            raise Conflict(message)
    program.name = terms.name
    program.window_days = terms.window_days
    program.hold_days = terms.hold_days
    program.minimum_payout_minor = terms.minimum_payout_minor
    program.close_after_days = terms.close_after_days
    session.flush()
    return program


def publish_plan(
    session: Session, program: Program, plan: Plan, *, effective_from: datetime
) -> PlanVersion:
    """Publish a plan version from an instant on; the same one again is a no-op.

    Raises PlanInvalid, and PlanConflict when it would edit a version or begin before the last.
    """
    check_plan(plan)
    start = aware(effective_from)
    fingerprint = plan_fingerprint(plan)
    last = last_version(session, program)
    if last is not None and last.effective_from >= start:
        if (last.effective_from, last.fingerprint) == (start, fingerprint):
            return last
        message = (
            f"Plan version {last.number} of {program.code} is in force from"
            f" {last.effective_from.isoformat()}, and a published version is never edited:"
            f" give changed rules a later effective_from than that."
        )
        raise PlanConflict(message)
    version = PlanVersion(
        program_id=program.id,
        number=last.number + 1 if last else 1,
        effective_from=start,
        override_bps=plan.override_bps,
        fingerprint=fingerprint,
    )
    session.add(version)
    session.flush()
    _write_plan(session, version.id, plan)
    return version


def last_version(session: Session, program: Program) -> PlanVersion | None:
    """Return the plan version that begins last."""
    return session.scalar(
        select(PlanVersion)
        .where(PlanVersion.program_id == program.id)
        .order_by(PlanVersion.effective_from.desc())
        .limit(1)
    )


def plan_fingerprint(plan: Plan) -> str:
    """Return a digest of a plan's content, ids left out."""
    rules = [
        (
            rule.position,
            rule.name,
            rule.stock_codes,
            rule.categories,
            rule.partner_kinds,
            rule.rate_bps,
            rule.flat_minor,
        )
        for rule in plan.rules
    ]
    tiers = sorted((tier.partner_kind, tier.threshold_minor, tier.rate_bps) for tier in plan.tiers)
    return digest(rules, tiers, plan.override_bps)


def _check_terms(terms: Terms) -> None:
    check_reference(terms.code)
    check_text(f"The name of program {terms.code}", terms.name, most=MAX_TEXT)
    exponent(terms.currency)
    zone_of(terms.time_zone)
    for name in ("window_days", "hold_days", "close_after_days"):
        days = getattr(terms, name)
        if days is not None and not 0 <= days <= _MAX_DAYS:
            message = f"Program {terms.code}: {name} is {days}, give 0 to {_MAX_DAYS}."
            raise Invalid(message)
    if not 0 <= terms.minimum_payout_minor <= MAX_MINOR:
        message = f"Program {terms.code}: the minimum payout can't be {terms.minimum_payout_minor}."
        raise AmountInvalid(message)


def _write_plan(session: Session, version_id: int, plan: Plan) -> None:
    sets.insert_rows(
        session,
        PlanRule,
        [
            {
                "plan_version_id": version_id,
                "position": rule.position,
                "name": rule.name,
                "stock_codes": [*rule.stock_codes],
                "categories": [*rule.categories],
                "partner_kinds": [*rule.partner_kinds],
                "rate_bps": rule.rate_bps,
                "flat_minor": rule.flat_minor,
            }
            for rule in plan.rules
        ],
    )
    sets.insert_rows(
        session,
        PlanTier,
        [
            {
                "plan_version_id": version_id,
                "partner_kind": tier.partner_kind,
                "threshold_minor": tier.threshold_minor,
                "rate_bps": tier.rate_bps,
            }
            for tier in plan.tiers
        ],
    )
