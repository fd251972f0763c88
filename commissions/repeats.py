"""Which of a visitor's touches only repeat the one before: the same again within an hour.

Decides from the touches it is given; never queries. What comes between two touches of the same
makes the second a touch of its own: whoever was seen last has to be the last one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

SAME_VISIT = timedelta(hours=1)


class Seen(NamedTuple):
    """One touch of a visitor: when, and what was touched; a link, or a partner's page."""

    at: datetime
    what: Hashable


def repeats(counted: Iterable[Seen], new: Iterable[Seen]) -> list[bool]:
    """Tell of each new touch of one visitor whether it repeats one that counts, oldest first.

    ``counted`` are those that count already; they may be later than the new ones, since each web
    process brings its own.
    """
    timeline = sorted(counted, key=_at)
    found = []
    for seen in new:
        place = bisect_left(timeline, seen.at, key=_at)
        beside = timeline[max(place - 1, 0) : place + 1]
        found.append(any(is_repeat(seen, of=other) for other in beside))
        if not found[-1]:
            insort(timeline, seen, key=_at)
    return found


def is_repeat(seen: Seen, *, of: Seen) -> bool:
    """Tell whether two touches beside each other are one visit."""
    return seen.what == of.what and abs(seen.at - of.at) < SAME_VISIT


def _at(seen: Seen) -> datetime:
    return seen.at
