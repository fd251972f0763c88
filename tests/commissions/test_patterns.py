"""Patterns: what matches, and which sets of patterns one text can match at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions import patterns
from commissions.errors import PlanInvalid

EXAMPLES = [
    ("*", ["", "8", "84029", "any\nthing"], []),
    ("84029", ["84029"], ["84029G", "8402", "x84029", ""]),
    ("84*", ["84", "84029", "84 \n"], ["8", "184", "85"]),
    ("*G", ["G", "84029G", "GG"], ["84029g", "G "]),
    ("8?0", ["840", "8\n0"], ["80", "8400"]),
    ("[84]*", ["8", "4x"], ["", "5"]),
    ("[0-9]", ["0", "5", "9"], ["", "a", "10", "٣"]),
    ("[!0-9]*", ["POST", "m", "-1", "]"], ["5", "84029", ""]),
    ("[a-c-]", ["a", "b", "c", "-"], ["d"]),
    ("[!!]", ["a"], ["!"]),
    ("[!]", ["!"], ["a", ""]),
    ("[[]x]", ["[x]"], ["[x", "x"]),
    ("[*?]", ["*", "?"], ["a"]),
    ("[^a]", ["^", "a"], ["b"]),
    ("a.b", ["a.b"], ["axb"]),
    (r"\d+", [r"\d+"], ["5", r"\d"]),
    ("**a**", ["a", "bab"], ["b", ""]),
    ("*a*b*", ["ab", "xaxbx", "bab"], ["ba", "a"]),
    ("*ab", ["ab", "aab", "abab"], ["aba"]),
    ("*\N{REPLACEMENT CHARACTER}*", ["\N{REPLACEMENT CHARACTER}"], ["a"]),
]


@pytest.mark.parametrize(("pattern", "matching", "others"), EXAMPLES)
def test_a_pattern_matches_the_whole_text_to_the_letter(
    pattern: str, matching: Sequence[str], others: Sequence[str]
) -> None:
    assert [text for text in matching if not patterns.matches((pattern,), text)] == []
    assert [text for text in others if patterns.matches((pattern,), text)] == []


def test_one_of_several_patterns_is_enough() -> None:
    assert patterns.matches(("84*", "85*"), "85123A")
    assert not patterns.matches(("84*", "85*"), "86")


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("", "An empty pattern matches nothing: write * for everything."),
        ("a[b", "Pattern 'a[b' opens a [ that it doesn't close: write [[] for the sign."),
        ("[]", "Pattern '[]' opens a [ that it doesn't close: write [[] for the sign."),
        ("[9-0]", "Pattern '[9-0]' has a range that runs backwards or is too wide."),
        ("[ -\uffff]", "Pattern '[ -\\uffff]' has a range that runs backwards or is too wide."),
    ],
)
def test_a_pattern_that_cannot_hold_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(PlanInvalid) as refused:
        patterns.parse(pattern)
    assert str(refused.value) == sentence


def test_a_text_that_nearly_matches_is_told_at_once() -> None:
    started = time.monotonic()
    assert not patterns.matches(("*a*a*a*a*a*a*a*a*a*a*b",), "a" * 120)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([], [[]]),
        (["*"], [[0]]),
        (["8*"], [[], [0]]),
        (["8*", "84*"], [[], [0], [0, 1]]),
        (["8*", "*G"], [[], [0], [1], [0, 1]]),
        (["[0-9]*", "[!0-9]*"], [[0], [1]]),
        (["?", "?*"], [[1], [0, 1]]),
        (["a", "a"], [[], [0, 1]]),
        (["a?", "?b", "??"], [[], [2], [0, 2], [1, 2], [0, 1, 2]]),
        (["\N{REPLACEMENT CHARACTER}*"], [[], [0]]),
        (["[!\N{REPLACEMENT CHARACTER}]"], [[], [0]]),
    ],
)
def test_the_sets_that_one_text_can_match_are_all_found(
    listed: Sequence[str], expected: Sequence[Sequence[int]]
) -> None:
    assert patterns.signatures(listed) == {frozenset(indexes) for indexes in expected}


def test_a_thousand_codes_are_compared_in_no_time() -> None:
    codes = [f"{n * 7919 % 100_000:05}" for n in range(1_000)]
    started = time.monotonic()
    assert len(patterns.signatures(codes)) == 1_001
    assert time.monotonic() - started < 5


def test_patterns_too_tangled_to_compare_are_refused() -> None:
    with pytest.raises(PlanInvalid, match="too tangled to compare: use fewer \\* in them"):
        patterns.signatures([f"*{sign}{'?' * 14}*" for sign in "abc"])


# Small patterns over three signs, against every text of up to five. No pattern names "z": it is
# one of all the others.

NAMED = "ab"
TEXTS = ["".join(signs) for length in range(6) for signs in product(NAMED + "z", repeat=length)]
Token = tuple[str, frozenset[str] | None]
"""How a place is written, and which of the three signs fit it; None for any number of any."""


def one_of(signs: frozenset[str], *, negated: bool) -> Token:
    listed = "".join(sorted(signs))
    fitting = frozenset(NAMED + "z") - signs if negated else signs
    return f"[{'!' if negated else ''}{listed}]", fitting


PLACES: list[Token] = [
    ("*", None),
    ("?", frozenset("abz")),
    ("a", frozenset("a")),
    ("b", frozenset("b")),
    ("[a-b]", frozenset("ab")),
    *(one_of(frozenset(signs), negated=True) for signs in ("a", "b", "ab")),
]
PATTERNS = st.lists(st.sampled_from(PLACES), min_size=1, max_size=4)


def fits(places: Sequence[Token], text: str) -> bool:
    """Tell whether a text fits some places, by trying."""
    if not places:
        return not text
    _, signs = places[0]
    if signs is None:
        return fits(places[1:], text) or (bool(text) and fits(places, text[1:]))
    return bool(text) and text[0] in signs and fits(places[1:], text[1:])


def written(places: Sequence[Token]) -> str:
    return "".join(token for token, _ in places)


@given(PATTERNS)
def test_matching_agrees_with_trying(places: list[Token]) -> None:
    pattern = (written(places),)
    assert [text for text in TEXTS if patterns.matches(pattern, text)] == [
        text for text in TEXTS if fits(places, text)
    ]


# Five signs tell all that three patterns of three places can: one sees a fixed length, two signs at
# the ends, or whether a sign occurs; so the worst is two at each end and one that occurs between.
@given(st.lists(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3), max_size=3))
def test_signatures_agree_with_all_short_texts(listed: list[list[Token]]) -> None:
    by_trying = {
        frozenset(i for i, places in enumerate(listed) if fits(places, text))
        for text in TEXTS
        if text
    }
    assert patterns.signatures([written(places) for places in listed]) == by_trying
