"""Glob patterns over stock codes and categories, and what several of them can tell apart.

``*`` stands for any signs, ``?`` for one, ``[84]``, ``[0-9]`` and ``[!0-9]`` for one of a set;
all else to the letter. Decides what matches, and (for the check of a plan) which sets of
patterns can match one text together: exactly, by walking all patterns sign by sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from commissions.errors import PlanInvalid

_OTHER = "\N{REPLACEMENT CHARACTER}"
"""Stands for all the signs that no pattern names."""
_MAX_STATES = 20_000


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
    alphabet = sorted({sign for p in places for place in p for sign in place.signs} | {_OTHER})
    start = tuple(_closure(p, {0}) for p in places)
    seen, waiting, found = set(), [start], set()
    while waiting:
        state = waiting.pop()
        for sign in alphabet:
            after = tuple(_step(p, at, sign) for p, at in zip(places, state, strict=True))
            if after not in seen:
                seen.add(after)
                waiting.append(after)
                found.add(_matched(places, after))
        if len(seen) > _MAX_STATES:
            message = "The patterns of this plan are too tangled to compare: use fewer * in them."
            raise PlanInvalid(message)
    return found


@lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_expression(parse(p)) for p in patterns), re.DOTALL)


def _place(pattern: str, found: re.Match[str]) -> Sign:
    token, negation, members, letter = found[0], found[1], found[2], found[3]
    if token == "*":
        return MANY
    if token == "?":
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
            if first > last or last - first > 1_000:
                message = f"Pattern {pattern!r} has a range that runs backwards or is too wide."
                raise PlanInvalid(message)
            yield from map(chr, range(first, last + 1))
        else:
            yield members[0]
            members = members[1:]


def _expression(places: Sequence[Sign]) -> str:
    return "".join(map(_part, places)) + r"\Z"


def _part(place: Sign) -> str:
    if place.many:
        return ".*"
    if not place.signs:
        return "."
    listed = "".join(re.escape(sign) for sign in sorted(place.signs))
    return f"[{'^' if place.negated else ''}{listed}]"


def _closure(places: Sequence[Sign], positions: set[int]) -> frozenset[int]:
    """Return the positions, and those behind every ``*`` that may stand for nothing."""
    reached = set()
    for position in positions:
        at = position
        reached.add(at)
        while at < len(places) and places[at].many:
            at += 1
            reached.add(at)
    return frozenset(reached)


def _step(places: Sequence[Sign], positions: frozenset[int], sign: str) -> frozenset[int]:
    after = set()
    for at in positions:
        if at < len(places) and places[at].fits(sign):
            after.add(at if places[at].many else at + 1)
    return _closure(places, after)


def _matched(places: Sequence[Sequence[Sign]], state: Sequence[frozenset[int]]) -> frozenset[int]:
    return frozenset(i for i, p in enumerate(places) if len(p) in state[i])
