"""Telling whoever asked how far long work has come.

Decides how often rows are told. Knows no screen: who shows it decides how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Advance = Callable[[str, int, int | None], None]
"""Told the phase, how much of it is done, and of how much (None: unknown)."""

T = TypeVar("T")

_EVERY = 1_000


def untold(_phase: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


def counted(rows: Iterable[T], phase: str, advance: Advance, *, total: int) -> Iterator[T]:
    """Yield the rows, and tell after every thousand and after the last how many they were."""
    done = 0
    for done, row in enumerate(rows, start=1):
        yield row
        if done % _EVERY == 0 and done != total:
            advance(phase, done, total)
    advance(phase, done, total)
