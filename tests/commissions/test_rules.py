"""What a sale earns: rules in order, sums and rounding by group, shares of lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commissions import rules
from commissions.errors import PlanInvalid
from commissions.rules import Plan, QuoteLine, Rule
from commissions.teams import override
from commissions.tiers import Tier
from tests.factories import make_plan, make_rule

# 12 % on vases, 8 % on the rest, as the shop's program has it.
TWELVE_AND_EIGHT = make_plan(
    make_rule(1, stock_codes=("VASE*", "POT"), rate_bps=1_200), make_rule(2, rate_bps=800)
)


def lines(*given: tuple[str, int]) -> list[QuoteLine]:
    """Return lines numbered from 1, each a stock code and a base."""
    return [QuoteLine(number, code, None, base) for number, (code, base) in enumerate(given, 1)]


@pytest.mark.parametrize(
    ("sold", "sums", "shares"),
    [
        # Two lines at 12 % round once: 0.12 × (0.54 + 0.54) = 0.1296. Each alone would be 0.06.
        ([("VASE-1", 54), ("VASE-2", 54)], [13], [{1: 7, 2: 6}]),
        # 12 % of 10.01 and 8 % of 10.01: two groups, each rounded by itself.
        ([("VASE-1", 10_01), ("ROSE", 10_01)], [1_20, 80], [{1: 1_20}, {2: 80}]),
        # The groups come in the order of the rules, whatever the order of the lines.
        ([("ROSE", 50), ("POT", 1_00), ("ROSE", 75)], [12, 10], [{2: 12}, {1: 4, 3: 6}]),
        # A half is rounded up: 8 % of 0.19 is 0.0152, of 0.06 is 0.0048, of 6.25 is 0.50 exactly.
        ([("ROSE", 19)], [2], [{1: 2}]),
        ([("ROSE", 6)], [0], [{1: 0}]),
        ([("ROSE", 6_25)], [50], [{1: 50}]),
        # 8 % of 0.01 + 0.01 + 0.05: the whole cent goes to the line with the largest remainder.
        ([("ROSE", 1), ("ROSE", 1), ("ROSE", 5)], [1], [{1: 0, 2: 0, 3: 1}]),
        # Equal remainders: the lower line number first.
        ([("ROSE", 6), ("ROSE", 6), ("ROSE", 6)], [1], [{1: 1, 2: 0, 3: 0}]),
    ],
)
def test_a_group_is_summed_first_and_rounded_once(
    sold: list[tuple[str, int]], sums: list[int], shares: list[dict[int, int]]
) -> None:
    quote = rules.quote(TWELVE_AND_EIGHT, lines(*sold), partner_kind="koc")
    assert [group.amount_minor for group in quote.groups] == sums
    assert [group.shares() for group in quote.groups] == shares
    assert quote.amount_minor == sum(sums)
    assert quote.base_minor == sum(base for _, base in sold)


@pytest.mark.parametrize(
    ("currency", "base", "earned"),
    [
        ("JPY", 1_234, 99),  # 98.72 yen
        ("EUR", 12_34, 99),  # 0.9872 euros
        ("KWD", 1_234, 99),  # 0.09872 dinars
        ("CLF", 1_234, 99),  # 0.009872 units
        ("JPY", 6, 0),
        ("CLF", 7, 1),
    ],
)
def test_the_rule_of_rounding_is_one_for_every_exponent(
    currency: str, base: int, earned: int
) -> None:
    quote = rules.quote(TWELVE_AND_EIGHT, lines(("ROSE", base)), partner_kind="koc")
    assert quote.amount_minor == earned, currency


@pytest.mark.parametrize(
    ("sold", "sums"),
    [
        ([("VASE-1", 54)], [5_00]),
        ([("VASE-1", 54), ("VASE-2", 1_000_00)], [5_00]),
        ([("VASE-1", 54), ("ROSE", 10_00)], [5_00, 1_00]),
        ([("VASE-1", 0), ("ROSE", 10_00)], [1_00]),
        ([("ROSE", 10_00)], [1_00]),
    ],
)
def test_a_flat_sum_is_paid_once_for_each_order_that_has_such_lines(
    sold: list[tuple[str, int]], sums: list[int]
) -> None:
    plan = make_plan(make_rule(1, stock_codes=("VASE*",), flat_minor=5_00), make_rule(2))
    quote = rules.quote(plan, lines(*sold), partner_kind="koc")
    assert [group.amount_minor for group in quote.paying] == sums


def test_a_flat_sum_is_shared_by_the_lines_bases() -> None:
    plan = make_plan(make_rule(1, flat_minor=1_00))
    quote = rules.quote(plan, lines(("A", 1_00), ("B", 2_00), ("C", 4_00)), partner_kind="koc")
    assert quote.groups[0].shares() == {1: 14, 2: 29, 3: 57}


def test_a_rule_that_pays_nothing_takes_its_lines_out_of_the_base() -> None:
    free = make_rule(1, stock_codes=("SAMPLE",), rate_bps=0)
    plan = make_plan(free, make_rule(2, rate_bps=800))
    quote = rules.quote(plan, lines(("SAMPLE", 99_00), ("ROSE", 10_00)), partner_kind="koc")
    assert [group.rule.position for group in quote.groups] == [1, 2]
    assert [group.rule.position for group in quote.paying] == [2]
    assert (quote.base_minor, quote.amount_minor) == (10_00, 80)


CONDITIONS = make_plan(
    make_rule(1, stock_codes=("GIFT*",), categories=("Garden",)),
    make_rule(2, stock_codes=("GIFT*", "CARD")),
    make_rule(3, categories=("Gar*",), partner_kinds=("kol", "distributor")),
    make_rule(4, categories=("Garden",)),
    make_rule(5),
)


@pytest.mark.parametrize(
    ("stock_code", "category", "kind", "position"),
    [
        ("GIFT-1", "Garden", "koc", 1),
        ("GIFT-1", "garden", "koc", 2),
        ("GIFT-1", None, "koc", 2),
        ("gift-1", None, "koc", 5),
        ("CARD", "Garden", "koc", 2),
        ("CARDS", "Garden", "koc", 4),
        ("ROSE", "Garden", "kol", 3),
        ("ROSE", "Garage", "distributor", 3),
        ("ROSE", "Garage", "koc", 5),
        ("ROSE", None, "kol", 5),
        ("ROSE", "", "kol", 5),
    ],
)
def test_the_first_rule_that_matches_wins(
    stock_code: str, category: str | None, kind: str, position: int
) -> None:
    rule = CONDITIONS.rule_for(stock_code, category, kind)
    assert rule.position == position
    assert CONDITIONS.rule_for(stock_code, category, kind) is rule
    line = QuoteLine(1, stock_code, category, 100)
    (group,) = rules.quote(CONDITIONS, [line], partner_kind=kind).groups
    assert group.rule is rule


def test_an_order_without_a_line_earns_nothing() -> None:
    quote = rules.quote(CONDITIONS, [], partner_kind="koc")
    assert (quote.groups, quote.amount_minor, quote.base_minor) == ((), 0, 0)


BOTH = replace(make_rule(1), rate_bps=100, flat_minor=100)
NEITHER = replace(make_rule(1), rate_bps=None)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (Plan(rules=()), "add one without conditions"),
        (make_plan(make_rule(1, stock_codes=("A",))), "add one without conditions"),
        (make_plan(make_rule(1, partner_kinds=("koc", "kol"))), "add one without conditions"),
        (make_plan(make_rule(1), make_rule(2, stock_codes=("A",)), make_rule(3)), "Rule 2"),
        (make_plan(make_rule(1), make_rule(2)), "can never win"),
        (make_plan(make_rule(1, partner_kinds=("influencer",)), make_rule(2)), "can never win"),
        (make_plan(make_rule(1, rate_bps=-1)), "0 to 10000"),
        (make_plan(make_rule(1, rate_bps=10_001)), "0 to 10000"),
        (make_plan(make_rule(1, flat_minor=-1)), "minor units"),
        (make_plan(make_rule(1, flat_minor=10**15 + 1)), "minor units"),
        (make_plan(BOTH), "either a rate or a flat sum"),
        (make_plan(NEITHER), "either a rate or a flat sum"),
        (make_plan(override_bps=-1), "0 to 10000"),
        (make_plan(override_bps=10_001), "0 to 10000"),
        (make_plan(make_rule(1, stock_codes=("A",)), make_rule(1)), "position"),
        (make_plan(make_rule(2, stock_codes=("A",)), make_rule(1)), "position"),
        (make_plan(tiers=[Tier("koc", 0, 100)]), "above 0"),
        (make_plan(tiers=[Tier("koc", -1, 100)]), "above 0"),
        (make_plan(tiers=[Tier("koc", 10**15 + 1, 100)]), "above 0"),
        (make_plan(tiers=[Tier("koc", 100, 10_001)]), "0 to 10000"),
        (make_plan(tiers=[Tier("koc", 100, -1)]), "0 to 10000"),
        (make_plan(tiers=[Tier("influencer", 100, 100)]), "koc, distributor, kol"),
        (make_plan(tiers=[Tier("koc", 100, 100), Tier("koc", 100, 200)]), "keep one"),
        (make_plan(tiers=[Tier("koc", 100, 200), Tier("koc", 200, 100)]), "raise its rate"),
    ],
)
def test_a_plan_that_can_not_hold_is_refused(plan: Plan, told: str) -> None:
    with pytest.raises(PlanInvalid, match=told):
        rules.check_plan(plan)


@pytest.mark.parametrize(
    "plan",
    [
        make_plan(),
        CONDITIONS,
        TWELVE_AND_EIGHT,
        make_plan(make_rule(1, rate_bps=10_000), override_bps=10_000),
        make_plan(make_rule(1, rate_bps=0)),
        make_plan(make_rule(1, flat_minor=0)),
        make_plan(tiers=[Tier("koc", 1, 100), Tier("koc", 2, 100), Tier("kol", 1, 0)]),
    ],
)
def test_a_plan_that_holds_passes(plan: Plan) -> None:
    rules.check_plan(plan)


def test_a_catch_all_has_no_condition() -> None:
    assert make_rule(1).catches_all
    assert not make_rule(1, stock_codes=("*",)).catches_all
    assert Rule(1, "free").pays is False


@pytest.mark.parametrize(
    ("sponsor", "base", "bps", "earned"),
    [
        (7, 125_00, 200, (7, 125_00, 200, 2_50)),
        (7, 25, 200, (7, 25, 200, 1)),
        (7, 24, 200, (7, 24, 200, 0)),
        (None, 125_00, 200, None),
        (7, 0, 200, None),
        (7, 125_00, 0, None),
    ],
)
def test_a_sponsor_earns_a_rate_of_the_sellers_base(
    sponsor: int | None, base: int, bps: int, earned: tuple[int, int, int, int] | None
) -> None:
    found = override(sponsor_id=sponsor, base_minor=base, rate_bps=bps)
    shown = found and (found.partner_id, found.base_minor, found.rate_bps, found.amount_minor)
    assert shown == earned
