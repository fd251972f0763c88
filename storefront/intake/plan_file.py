"""The ``[plan]`` of a program file: its rules in order, its tiers, and the sponsor's override.

Decides what can be told of a plan without a database: that each rule can win, that the last one
matches everything, and that tiers rise. Whether it may be published is for ``programs`` to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from marshmallow import ValidationError, validates_schema

from commissions.errors import PlanInvalid
from commissions.rules import PARTNER_KINDS, Plan, Rule, never_winning
from commissions.tiers import Tier
from storefront.intake.fields import Choice, Instant, Money, Pattern, Percent, Text
from storefront.intake.sections import Array, Checked, Section, Table

_NO_CONDITIONS = {"name", "rate", "flat", "_schema"}
"""What may be wrong with a rule while it can still be compared with the others."""
_OF_TIER = {"partner_kind", "threshold", "rate"}
_GLOBS = 'it like ["84*", "[!0-9]*"]'
_NEVER_WINS = "it can't win, the rules before it match all that it does: move it up or delete it"
_EVERYTHING = Rule(position=0, name="everything")


class RuleSection(Section):
    """One line of the plan; a condition that is left out matches everything."""

    name = Text(required=True)
    stock_code = Array(Pattern(), hint=_GLOBS)
    category = Array(Pattern(), hint=_GLOBS)
    partner_kind = Array(Choice(PARTNER_KINDS), hint='it like ["koc"]')
    rate = Percent()
    flat = Money()

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _pays_one_way(self, _data: object, original: object, **_options: object) -> None:
        if isinstance(original, dict) and ("rate" in original) == ("flat" in original):
            raise ValidationError("it must have either a rate or a flat sum: write one of them")


class TierSection(Section):
    """A rung: from a month's volume on, a rate of all of it."""

    partner_kind = Choice(PARTNER_KINDS, required=True)
    threshold = Money(least=1, required=True, data_key="from")
    rate = Percent(required=True)


class PlanSection(Section):
    """The terms from a moment on."""

    effective_from = Instant(required=True)
    override = Percent(load_default=0)
    rules = Array(Table(RuleSection), hint="[[plan.rules]] above each", required=True)
    tiers = Array(Table(TierSection), hint="[[plan.tiers]] above each", load_default=list)


def faults(plan: Checked) -> Iterator[tuple[str, str]]:
    """Yield what is wrong between the parts of a plan: the path in it, and a sentence."""
    rules = plan.values.get("rules", [])
    if rules and _comparable(rules, plan.messages.get("rules", {})):
        yield from _rule_faults([_rule(n, values) for n, values in enumerate(rules, 1)])
    yield from _tier_faults(plan.values.get("tiers", []))


def plan_of(values: Mapping[str, Any]) -> Plan:
    """Return the plan of a section without faults."""
    return Plan(
        rules=tuple(_rule(n, rule) for n, rule in enumerate(values["rules"], 1)),
        tiers=tuple(
            Tier(tier["partner_kind"], tier["threshold"], tier["rate"]) for tier in values["tiers"]
        ),
        override_bps=values["override"],
    )


def _comparable(rules: Sequence[Mapping[str, Any]], messages: object) -> bool:
    """Tell whether the conditions of all rules could be read."""
    return (
        all(rules)
        and isinstance(messages, dict)
        and all(_NO_CONDITIONS.issuperset(of_rule) for of_rule in messages.values())
    )


def _rule(position: int, values: Mapping[str, Any]) -> Rule:
    return Rule(
        position=position,
        name=values.get("name", ""),
        stock_codes=tuple(values.get("stock_code", ())),
        categories=tuple(values.get("category", ())),
        partner_kinds=tuple(values.get("partner_kind", ())),
        rate_bps=values.get("rate"),
        flat_minor=values.get("flat"),
    )


def _rule_faults(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    if not rules[-1].catches_all:
        yield "rules", "the last one must match everything: add one without conditions"
    try:
        losers = never_winning([*rules, _EVERYTHING])
    except PlanInvalid as refusal:
        yield "rules", str(refusal)
        return
    for rule in losers:
        if rule is not _EVERYTHING:
            yield f"rules[{rule.position}]", _NEVER_WINS


def _tier_faults(tiers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    readable = [(n, tier) for n, tier in enumerate(tiers, 1) if tier.keys() >= _OF_TIER]
    for kind in PARTNER_KINDS:
        rungs = [(n, tier) for n, tier in readable if tier["partner_kind"] == kind]
        for (before, lower), (n, higher) in pairwise(rungs):
            if higher["threshold"] <= lower["threshold"]:
                yield (
                    f"tiers[{n}].from",
                    f"it isn't above tiers[{before}]: write {kind} tiers upwards",
                )
            if higher["rate"] < lower["rate"]:
                yield f"tiers[{n}].rate", f"it pays less than tiers[{before}]: raise it"
