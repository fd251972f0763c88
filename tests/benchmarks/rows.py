"""What a benchmark is made of: a row of work, the sides that are measured, the bars they meet.

A side is one way to do the work: ours, a peer's, or a limit. It measures once and gives figures
by name; bars name the figures that they divide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.benchmarks.ground import Ground

Figures = Mapping[str, float]
Measure = Callable[[], Figures]
Sides = Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure of ours must come to, as a ratio to a reference.

    The reference is another figure's name, or a number where the bar is an absolute one; then
    ``least`` or ``most`` is 1. Without either the ratio is reported, and nothing is asked of it.
    ``reach`` is a further goal that isn't asked for either.
    """

    work: str
    ours: str
    reference: str | float
    against: str
    unit: str = "/s"
    least: float | None = None
    most: float | None = None
    reach: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of work: how its sides are made ready, and the bars they are held to."""

    name: str
    title: str
    prepare: Callable[[Ground], AbstractContextManager[Sides]]
    bars: Sequence[Bar]
    rounds: int = 3
    is_long: bool = False
