"""Which rule each line of a sale falls under, and what it earns.

Decides by the rules' order: the first that matches wins. Sums and rounds by group (one rule on
one order); a line's share is computed when it is shown. Never queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from commissions import patterns
from commissions.errors import PlanInvalid
from commissions.money import BPS, MAX_MINOR, share_of, split
from commissions.tiers import Tier, check_tiers
from commissions.values import MAX_TEXT, check_text

PARTNER_KINDS = ("koc", "distributor", "kol")


@dataclass(frozen=True)
class Rule:
    """One line of a plan; an empty condition matches everything.

    It pays ``rate_bps`` of the base, or ``flat_minor`` for each order that has such lines.
    """

    position: int
    name: str
    stock_codes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    partner_kinds: tuple[str, ...] = ()
    rate_bps: int | None = None
    flat_minor: int | None = None
    id: int | None = None

    @property
    def pays(self) -> bool:
        """Whether a line under this rule earns anything at all."""
        return bool(self.rate_bps or self.flat_minor)

    @property
    def catches_all(self) -> bool:
        """Whether the rule matches every line of every partner."""
        return not (self.stock_codes or self.categories or self.partner_kinds)

    def matches(self, stock_code: str, category: str | None, partner_kind: str) -> bool:
        """Tell whether a line of a partner of this kind falls under the rule."""
        if self.partner_kinds and partner_kind not in self.partner_kinds:
            return False
        if self.stock_codes and not patterns.matches(self.stock_codes, stock_code):
            return False
        return not self.categories or patterns.matches(self.categories, category or "")

    def amount(self, base_minor: int) -> int:
        """Return what a base above nothing earns in all, in minor units."""
        if self.flat_minor is not None:
            return self.flat_minor if base_minor else 0
        return share_of(base_minor, self.rate_bps or 0)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line to be quoted: its number, what it is, and its net base in minor units."""

    line_no: int
    stock_code: str
    category: str | None
    base_minor: int


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one order that fall under one rule, their base, and what they earn."""

    rule: Rule
    lines: tuple[QuoteLine, ...]
    base_minor: int
    amount_minor: int

    def shares(self) -> dict[int, int]:
        """Return each line's share of the amount by its number: largest remainder by base."""
        parts = split(self.amount_minor, [line.base_minor for line in self.lines])
        return {line.line_no: part for line, part in zip(self.lines, parts, strict=True)}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a sale earns: its groups in the order of the rules, those that pay nothing too."""

    groups: tuple[Group, ...]

    @property
    def paying(self) -> tuple[Group, ...]:
        """The groups under rules that pay."""
        return tuple(group for group in self.groups if group.rule.pays and group.base_minor)

    @property
    def base_minor(self) -> int:
        """The commissionable base: that of all groups under rules that pay."""
        return sum(group.base_minor for group in self.paying)

    @property
    def amount_minor(self) -> int:
        """What the seller earns in all."""
        return sum(group.amount_minor for group in self.paying)


@dataclass(frozen=True)
class Plan:
    """The terms in force: rules in order, tiers, and the sponsor's override rate."""

    rules: tuple[Rule, ...]
    tiers: tuple[Tier, ...] = ()
    override_bps: int = 0
    id: int | None = None
    _found: dict[tuple[str, str | None, str], Rule] = field(
        default_factory=dict, compare=False, repr=False
    )

    def rule_for(self, stock_code: str, category: str | None, partner_kind: str) -> Rule:
        """Return the first rule that matches; a checked plan always has one."""
        key = (stock_code, category, partner_kind)
        rule = self._found.get(key)
        if rule is None:
            rule = next(rule for rule in self.rules if rule.matches(*key))
            self._found[key] = rule
        return rule


def quote(plan: Plan, lines: Sequence[QuoteLine], *, partner_kind: str) -> Quote:
    """Return what the lines of one order earn a partner of this kind under a plan."""
    by_rule: dict[int, list[QuoteLine]] = {}
    rules: dict[int, Rule] = {}
    for line in lines:
        rule = plan.rule_for(line.stock_code, line.category, partner_kind)
        rules[rule.position] = rule
        by_rule.setdefault(rule.position, []).append(line)
    return Quote(tuple(_group(rules[position], by_rule[position]) for position in sorted(rules)))


def check_plan(plan: Plan) -> None:
    """Raise PlanInvalid for terms that can't hold, no catch-all, or a rule that can never win."""
    _check_rates(plan)
    _check_rules(plan.rules)
    _check_rungs(plan.tiers)
    if not plan.rules or not plan.rules[-1].catches_all:
        message = "The plan's last rule must match everything: add one without conditions."
        raise PlanInvalid(message)
    for rule in never_winning(plan.rules):
        message = (
            f"Rule {rule.position} ({rule.name}) can never win: the rules before it match"
            f" all that it matches; move it up or delete it."
        )
        raise PlanInvalid(message)
    check_tiers(plan.tiers)


def never_winning(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that win for no line of any partner; the last one must match everything."""
    winners = _winners(rules)
    return [rule for rule in rules if rule.position not in winners]


def _check_rates(plan: Plan) -> None:
    rates = [
        ("The override", plan.override_bps),
        *((f"Rule {r.position}", r.rate_bps) for r in plan.rules if r.rate_bps is not None),
        *((f"The {t.partner_kind} tier from {t.threshold_minor}", t.rate_bps) for t in plan.tiers),
    ]
    for where, rate in rates:
        if not 0 <= rate <= BPS:
            message = f"{where} pays {rate} basis points: give 0 to {BPS}."
            raise PlanInvalid(message)


def _check_rules(rules: Sequence[Rule]) -> None:
    for place, rule in enumerate(rules, 1):
        if rule.position != place:
            message = f"Rule {place} has the position {rule.position}: number the rules from 1."
            raise PlanInvalid(message)
        check_text(f"The name of rule {place}", rule.name, most=MAX_TEXT)
        if (rule.rate_bps is None) == (rule.flat_minor is None):
            message = f"Rule {place} ({rule.name}) must have either a rate or a flat sum: give one."
            raise PlanInvalid(message)
        if rule.flat_minor is not None and not 0 <= rule.flat_minor <= MAX_MINOR:
            message = f"Rule {place} pays {rule.flat_minor}: give 0 to {MAX_MINOR} minor units."
            raise PlanInvalid(message)


def _check_rungs(tiers: Sequence[Tier]) -> None:
    for tier in tiers:
        if tier.partner_kind not in PARTNER_KINDS:
            message = f"A tier is for {tier.partner_kind!r}: choose {', '.join(PARTNER_KINDS)}."
            raise PlanInvalid(message)
        if not 0 < tier.threshold_minor <= MAX_MINOR:
            message = (
                f"A {tier.partner_kind} tier begins at {tier.threshold_minor}:"
                f" give an amount above 0, up to {MAX_MINOR} minor units."
            )
            raise PlanInvalid(message)


def _group(rule: Rule, lines: Sequence[QuoteLine]) -> Group:
    base = sum(line.base_minor for line in lines)
    return Group(rule, tuple(lines), base, rule.amount(base))


def _winners(rules: Sequence[Rule]) -> set[int]:
    """Return the positions of the rules that win for some line of some partner.

    Exact: every combination of stock-code patterns that one code can match, by the same for
    categories (no category is an empty text), by partner kind.
    """
    stock_sets = _matching_rules([rule.stock_codes for rule in rules])
    category_sets = _matching_rules([rule.categories for rule in rules])
    category_sets.add(_for_text([rule.categories for rule in rules], ""))
    winners = set()
    for by_stock, by_category, kind in product(stock_sets, category_sets, PARTNER_KINDS):
        matching = by_stock & by_category
        winners.add(
            next(
                rule.position
                for i, rule in enumerate(rules)
                if i in matching and (not rule.partner_kinds or kind in rule.partner_kinds)
            )
        )
    return winners


def _matching_rules(conditions: Sequence[tuple[str, ...]]) -> set[frozenset[int]]:
    """Return the sets of conditions (by index) that some text, not empty, fulfils at once."""
    listed = sorted({pattern for condition in conditions for pattern in condition})
    found = set()
    for signature in patterns.signatures(listed):
        fulfilled = {listed[i] for i in signature}
        found.add(
            frozenset(
                i for i, wanted in enumerate(conditions) if not wanted or fulfilled & {*wanted}
            )
        )
    return found


def _for_text(conditions: Sequence[tuple[str, ...]], text: str) -> frozenset[int]:
    return frozenset(
        i for i, wanted in enumerate(conditions) if not wanted or patterns.matches(wanted, text)
    )
