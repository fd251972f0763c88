"""Reading plan versions as the values that decisions take.

Decides which version was in force at an instant. Publishing is in ``programs``.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.errors import NoPlanInForce
from commissions.models import PlanRule, PlanTier, PlanVersion, Program
from commissions.rules import Plan, Rule
from commissions.tiers import Tier


class Plans:
    """A program's plan versions, each loaded once, found by id or by the instant of a sale."""

    def __init__(self, session: Session, program: Program) -> None:
        """Read the dates of all versions; their rules follow when they are asked for."""
        self._session = session
        self._program = program
        self._loaded: dict[int, Plan] = {}
        self._dates = session.execute(
            select(PlanVersion.effective_from, PlanVersion.id, PlanVersion.override_bps)
            .where(PlanVersion.program_id == program.id)
            .order_by(PlanVersion.effective_from)
        ).all()

    def in_force(self, at: datetime) -> Plan:
        """Return the version in force at an instant; raises NoPlanInForce before the first."""
        index = bisect_right([row.effective_from for row in self._dates], at)
        if not index:
            raise NoPlanInForce(self._what_to_do(at))
        return self.by_id(self._dates[index - 1].id)

    def _what_to_do(self, at: datetime) -> str:
        """Tell what helps: a first plan may begin at any time, but none before a published one."""
        moment = at.isoformat()
        if not self._dates:
            return (
                f"Program {self._program.code} has no plan: publish one that is effective from"
                f" {moment} or earlier."
            )
        return (
            f"The first plan of program {self._program.code} is in force from"
            f" {self._dates[0].effective_from.isoformat()}, and none was at {moment}: leave out"
            f" what was paid before it, or record it in a new program whose plan begins by then."
        )

    def by_id(self, version_id: int) -> Plan:
        """Return the version of an id."""
        if version_id not in self._loaded:
            self._loaded[version_id] = self._load(version_id)
        return self._loaded[version_id]

    def _load(self, version_id: int) -> Plan:
        override_bps = next(row.override_bps for row in self._dates if row.id == version_id)
        rules = self._session.scalars(
            select(PlanRule)
            .where(PlanRule.plan_version_id == version_id)
            .order_by(PlanRule.position)
        )
        tiers = self._session.scalars(
            select(PlanTier).where(PlanTier.plan_version_id == version_id)
        )
        return Plan(
            rules=tuple(map(_rule, rules)),
            tiers=tuple(
                Tier(tier.partner_kind, tier.threshold_minor, tier.rate_bps) for tier in tiers
            ),
            override_bps=override_bps,
            id=version_id,
        )


def _rule(row: PlanRule) -> Rule:
    return Rule(
        position=row.position,
        name=row.name,
        stock_codes=tuple(row.stock_codes),
        categories=tuple(row.categories),
        partner_kinds=tuple(row.partner_kinds),
        rate_bps=row.rate_bps,
        flat_minor=row.flat_minor,
        id=row.id,
    )
