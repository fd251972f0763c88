"""The check of a plan: a last rule that matches everything, and no rule that can never win."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.errors import PlanInvalid
from commissions.rules import PARTNER_KINDS, Plan, Rule, check_plan, never_winning
from commissions.tiers import Tier

EVERYTHING = Rule(position=99, name="everything", rate_bps=800)


def rule(
    stock: Sequence[str] = (), category: Sequence[str] = (), kinds: Sequence[str] = ()
) -> Rule:
    """Return a rule of some conditions."""
    return replace(
        EVERYTHING,
        name="some",
        stock_codes=tuple(stock),
        categories=tuple(category),
        partner_kinds=tuple(kinds),
    )


def numbered(*rules: Rule) -> tuple[Rule, ...]:
    """Return rules with positions from 1, and the one that matches everything behind them."""
    return in_order(*rules, EVERYTHING)


def in_order(*rules: Rule) -> tuple[Rule, ...]:
    """Return rules with positions from 1."""
    return tuple(replace(one, position=n) for n, one in enumerate(rules, 1))


def losers(*rules: Rule) -> list[int]:
    """Return the positions of the rules that can't win."""
    return [one.position for one in never_winning(numbered(*rules))]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], []),
        ([rule(["8*"]), rule(["9*"])], []),
        ([rule(["84*"]), rule(["8*"])], []),
        ([rule(["8*"]), rule(["84*"])], [2]),
        ([rule(["*"])], [2]),
        ([rule(["?*"])], [2]),
        ([rule(["??*"])], []),
        ([rule(["8*"]), rule(["8*"])], [2]),
        # Two rules together leave nothing for a third.
        ([rule(["[0-4]*"]), rule(["[5-9]*"]), rule(["[0-9]*"])], [3]),
        ([rule(["[0-4]*"]), rule(["[5-8]*"]), rule(["[0-9]*"])], []),
        ([rule(["[0-9]*"]), rule(["[!0-9]*"])], [3]),
        ([rule(["*a*"]), rule(["*b*"]), rule(["?"]), rule(["*ab*"])], [4]),
        # A category of none is empty, and matches * alone.
        ([rule(category=["?*"])], []),
        ([rule(category=["*"])], [2]),
        ([rule(category=["gift"]), rule(category=["gift*"])], []),
        # Conditions of different kinds are all to be met.
        ([rule(["8*"], ["gift"]), rule(["8*"])], []),
        ([rule(["8*"]), rule(["8*"], ["gift"])], [2]),
        ([rule(["8*"]), rule(category=["gift"]), rule(["8*", "9*"], ["gift"])], [3]),
        # So are kinds of partner.
        ([rule(kinds=["koc"]), rule(kinds=["koc", "kol"])], []),
        ([rule(kinds=["koc", "kol"]), rule(kinds=["koc"])], [2]),
        ([rule(kinds=PARTNER_KINDS)], [2]),
        (
            [rule(["8*"], kinds=["koc"]), rule(["8*"], kinds=["distributor", "kol"]), rule(["8"])],
            [3],
        ),
        ([rule(kinds=["nobody"])], [1]),
        # What a later rule hides doesn't count.
        ([rule(["84*"]), rule(["8*"]), rule(["85*"]), rule(["8?"])], [3, 4]),
    ],
)
def test_rules_that_can_never_win_are_found(rules: list[Rule], expected: list[int]) -> None:
    assert losers(*rules) == expected


def test_a_plan_is_refused_for_the_first_rule_that_can_never_win() -> None:
    with pytest.raises(PlanInvalid) as refused:
        check_plan(Plan(numbered(rule(["8*"]), replace(rule(["84*"]), name="Lamps"))))
    assert str(refused.value) == (
        "Rule 2 (Lamps) can never win: the rules before it match all that it matches; move it up"
        " or delete it."
    )


@pytest.mark.parametrize("rules", [(), (rule(["*"]),), (EVERYTHING, rule(["8*"]))])
def test_a_plan_must_end_with_a_rule_for_everything(rules: tuple[Rule, ...]) -> None:
    with pytest.raises(PlanInvalid, match="last rule must match everything: add one without"):
        check_plan(Plan(in_order(*rules)))


@pytest.mark.parametrize(
    ("tiers", "sentence"),
    [
        ([("koc", 100, 5), ("koc", 200, 5), ("kol", 100, 1)], None),
        ([("koc", 200, 9), ("koc", 100, 5)], None),
        ([("koc", 100, 5), ("koc", 100, 6)], "Two koc tiers begin at 100: keep one."),
        ([("koc", 100, 5), ("koc", 200, 4)], "The koc tier from 200 pays less than the one from"),
    ],
)
def test_tiers_rise(tiers: list[tuple[str, int, int]], sentence: str | None) -> None:
    plan = Plan(numbered(), tuple(Tier(*tier) for tier in tiers))
    if sentence is None:
        check_plan(plan)
    else:
        with pytest.raises(PlanInvalid, match=sentence):
            check_plan(plan)


# Small plans, against every line of a short code and category of every kind of partner. No pattern
# names "z": it is one of all the others.

CODES = ["".join(signs) for length in (1, 2, 3, 4) for signs in product("abz", repeat=length)]
CATEGORIES = [None, "a", "b", "z", "ab"]


def globs(most: int) -> st.SearchStrategy[list[str]]:
    """Make up to two patterns of so many places."""
    places = st.sampled_from(["*", "?", "a", "b", "[ab]", "[!a]", "[!ab]"])
    return st.lists(st.lists(places, min_size=1, max_size=most).map("".join), max_size=2)


RULES = st.builds(
    rule, globs(2), globs(1), st.lists(st.sampled_from(PARTNER_KINDS), max_size=2, unique=True)
)


@given(st.lists(RULES, max_size=3))
def test_the_check_agrees_with_all_short_lines(rules: list[Rule]) -> None:
    plan = Plan(numbered(*rules))
    winners = {plan.rule_for(*line).position for line in product(CODES, CATEGORIES, PARTNER_KINDS)}
    assert losers(*rules) == [one.position for one in plan.rules if one.position not in winners]
