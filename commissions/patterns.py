"""Glob patterns over stock codes and categories, and what several of them can tell apart.

``*`` stands for any signs, ``?`` for one, ``[84]``, ``[0-9]`` and ``[!0-9]`` for one of a set;
all else to the letter. Decides what matches, and (for the check of a plan) which sets of
patterns can match one text together: exactly, by walking all patterns sign by sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from commissions.errors import PlanInvalid

_OTHER = ""
"""Stands for all the signs that no pattern names; being none itself, no pattern can name it."""
_MAX_STATES = 20_000
_WIDEST_RANGE = 1_000


class Sign(NamedTuple):
    """One place of a pattern: the signs that fit it; ``many`` for ``*``."""

    signs: frozenset[str]
    negated: bool
    many: bool = False

    def fits(self, sign: str) -> bool:
        """Tell whether a sign fits this place."""
        return (sign in self.signs) != self.negated


ANY = Sign(frozenset(), negated=True)
MANY = Sign(frozenset(), negated=True, many=True)
_TOKEN = re.compile(r"\*|\?|\[(!?)([^]]+)\]|(.)", re.DOTALL)


def parse(pattern: str) -> tuple[Sign, ...]:
    """Return a pattern's places; raises PlanInvalid for an empty or unfinished one."""
    if not pattern:
        message = "An empty pattern matches nothing: write * for everything."
        raise PlanInvalid(message)
    return tuple(_place(pattern, found) for found in _TOKEN.finditer(pattern))


def matches(patterns: tuple[str, ...], text: str) -> bool:
    """Tell whether one of the patterns matches the whole text, to the letter."""
    return _compiled(patterns).match(text) is not None


def signatures(patterns: Sequence[str]) -> set[frozenset[int]]:
    """Return every set of pattern indexes that some text, not empty, matches all at once.

    The empty set is among them when some text matches none.
    """
    places = [parse(pattern) for pattern in patterns]
    signs = _telling_signs(places)
    step = cache(lambda i, at, sign: _step(places[i], at, sign))
    waiting = [frozenset((i, _closure(p, {0})) for i, p in enumerate(places))]
    seen, found = set(), set()
    while waiting:
        state = waiting.pop()
        for sign in signs:
            after = frozenset((i, to) for i, at in state if (to := step(i, at, sign)))
            if after not in seen:
                seen.add(after)
                waiting.append(after)
                found.add(frozenset(i for i, at in after if len(places[i]) in at))
        if len(seen) > _MAX_STATES:
            message = "The patterns of this plan are too tangled to compare: use fewer * in them."
            raise PlanInvalid(message)
    return found


@lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_expression(parse(p)) for p in patterns), re.DOTALL)


def _place(pattern: str, found: re.Match[str]) -> Sign:
    whole, negation, members, letter = found[0], found[1], found[2], found[3]
    if whole == "*":
        return MANY
    if whole == "?":
        return ANY
    if letter == "[":
        message = f"Pattern {pattern!r} opens a [ that it doesn't close: write [[] for the sign."
        raise PlanInvalid(message)
    if letter is not None:
        return Sign(frozenset(letter), negated=False)
    return Sign(frozenset(_members(pattern, members)), negated=negation == "!")


def _members(pattern: str, members: str) -> Iterator[str]:
    while members:
        if len(members) > 2 and members[1] == "-":  # noqa: PLR2004  # reason: a range is "a-z"
            first, last, members = ord(members[0]), ord(members[2]), members[3:]
            if first > last or last - first > _WIDEST_RANGE:
                message = f"Pattern {pattern!r} has a range that runs backwards or is too wide."
                raise PlanInvalid(message)
            yield from map(chr, range(first, last + 1))
        else:
            yield members[0]
            members = members[1:]


def _expression(places: Sequence[Sign]) -> str:
    """Return a regular expression that tries each run of signs between two ``*`` at one place.

    The earliest place will do for all but the last run, so nothing is tried twice.
    """
    runs = [""]
    for place in places:
        if place.many:
            runs.append("")
        else:
            runs[-1] += _part(place)
    middle = [f"(?>.*?{run})" for run in runs[1:-1]]
    last = [f".*{run}" for run in runs[1:][-1:]]
    return "".join([runs[0], *middle, *last]) + r"\Z"


def _part(place: Sign) -> str:
    if not place.signs:
        return "."
    listed = "".join(re.escape(sign) for sign in sorted(place.signs))
    return f"[{'^' if place.negated else ''}{listed}]"


def _telling_signs(places: Sequence[Sequence[Sign]]) -> list[str]:
    """Return one sign of each set of signs that no place tells apart."""
    kinds = {place for of_pattern in places for place in of_pattern}
    named = {sign for place in kinds for sign in place.signs} | {_OTHER}
    return [*{tuple(place.fits(sign) for place in kinds): sign for sign in named}.values()]


def _closure(places: Sequence[Sign], positions: set[int]) -> frozenset[int]:
    """Return the positions, and those behind every ``*`` that may stand for nothing.

    Those before the last ``*`` reached are left out: whatever they could match, it can too.
    """
    reached, last_star = set(), 0
    for position in positions:
        at = position
        reached.add(at)
        while at < len(places) and places[at].many:
            last_star = max(last_star, at)
            at += 1
            reached.add(at)
    return frozenset(at for at in reached if at >= last_star)


def _step(places: Sequence[Sign], positions: frozenset[int], sign: str) -> frozenset[int]:
    after = set()
    for at in positions:
        if at < len(places) and places[at].fits(sign):
            after.add(at if places[at].many else at + 1)
    return _closure(places, after)
