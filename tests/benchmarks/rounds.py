"""Measuring a row: its sides in turn, several rounds, and medians of them.

A miss within ten percent is measured again with five rounds before it counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.ground import Absent, WrongBooks
from tests.benchmarks.rows import Bar, Measure, Row, Sides

AGAIN = 5
_NEAR = 0.10

Tell = Callable[[str], None]


@dataclass
class Taken:
    """The figures of all rounds by name, and why a side has none."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    given: dict[str, set[str]] = field(default_factory=dict)

    def fail(self, side: str, fault: Exception) -> str:
        """Let all that a side gave count as nothing, earlier rounds too; return why."""
        told = str(fault) if isinstance(fault, WrongBooks) else f"{type(fault).__name__}: {fault}"
        self.wrong[side] = told.splitlines()[0]
        for name in self.given.pop(side, set()):
            del self.figures[name]
        return self.wrong[side]

    def median(self, name: str | float) -> float | None:
        """Return a figure's median, None when nobody measured it; a number is itself."""
        if not isinstance(name, str):
            return name
        rounds = self.figures.get(name)
        return statistics.median(rounds) if rounds else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one bar came to; ``met`` is None where nothing is asked or nothing was measured."""

    row: str
    bar: Bar
    ours: float | None
    reference: float | None
    ratio: float | None
    met: bool | None
    ours_rounds: tuple[float, ...]
    reference_rounds: tuple[float, ...]
    note: str

    @property
    def is_near_miss(self) -> bool:
        """Whether the bar was missed by no more than noise may explain."""
        if self.met is not False or self.ratio is None:
            return False
        if self.bar.least is not None:
            return self.ratio >= self.bar.least * (1 - _NEAR)
        return self.bar.most is not None and self.ratio <= self.bar.most * (1 + _NEAR)


def take(sides: Sides, rounds: int, tell: Tell) -> Taken:
    """Measure each side once a round; one that can't is not tried again."""
    taken = Taken()
    for number in range(1, rounds + 1):
        for name, measure in sides.items():
            if name in taken.absent or name in taken.wrong:
                continue
            begin = time.perf_counter()
            said = _measured(taken, name, measure)
            spent = time.perf_counter() - begin
            tell(f"round {number} of {rounds}: {name}: {said} ({spent:.0f} s in all)")
    return taken


def _measured(taken: Taken, side: str, measure: Measure) -> str:
    """Measure one side once, keep its figures, and return what they are or why there are none."""
    try:
        figures = measure()
    except Absent as fault:
        taken.absent[side] = str(fault)
        return str(fault)
    except Exception as fault:  # noqa: BLE001 -- whatever happens to one side, the rest is shown
        return taken.fail(side, fault)
    taken.given.setdefault(side, set()).update(figures)
    for name, figure in figures.items():
        taken.figures.setdefault(name, []).append(figure)
    return ", ".join(f"{name} {figure:,.4g}" for name, figure in figures.items())


def measure(row: Row, sides: Sides, tell: Tell) -> list[Verdict]:
    """Measure a row and judge its bars; near misses are measured again, and then they count."""
    first = judge(row, take(sides, row.rounds, tell))
    if not any(verdict.is_near_miss for verdict in first):
        return first
    tell(f"a miss within {_NEAR:.0%}: measured again")
    again = judge(row, take(sides, AGAIN, tell))
    return [_with_first(now, before) for now, before in zip(again, first, strict=True)]


def _with_first(now: Verdict, before: Verdict) -> Verdict:
    ratio = "nothing" if before.ratio is None else f"{before.ratio:.3g}"
    notes = [now.note, f"measured again; the first {len(before.ours_rounds)} rounds gave {ratio}"]
    changes = {"note": "; ".join(note for note in notes if note)}
    return Verdict(**{name: getattr(now, name) for name in Verdict.__slots__} | changes)


def judge(row: Row, taken: Taken) -> list[Verdict]:
    """Hold the medians to the row's bars."""
    return [_verdict(row, bar, taken) for bar in row.bars]


def _verdict(row: Row, bar: Bar, taken: Taken) -> Verdict:
    ours, reference = taken.median(bar.ours), taken.median(bar.reference)
    if ours is None and taken.wrong:
        ours = 0.0  # a rate with wrong books, and a time as well
    ratio = ours / reference if ours is not None and reference else None
    met = is_met(bar, ratio)
    if ours == 0 and (bar.least, bar.most) != (None, None):
        met = False
    return Verdict(
        row.name,
        bar,
        ours,
        reference,
        ratio,
        met,
        tuple(taken.figures.get(bar.ours, ())),
        tuple(taken.figures.get(str(bar.reference), ())),
        _note(bar, taken) if ours is None or reference is None or met is False else "",
    )


def is_met(bar: Bar, ratio: float | None) -> bool | None:
    """Tell whether a ratio meets a bar; None where nothing is asked or nothing was measured."""
    if ratio is None or (bar.least is None and bar.most is None):
        return None
    return (bar.least is None or ratio >= bar.least) and (bar.most is None or ratio <= bar.most)


def _note(bar: Bar, taken: Taken) -> str:
    missing = {bar.ours, str(bar.reference)} - taken.figures.keys()
    if not missing:
        return ""
    said = [*taken.wrong.values(), *taken.absent.values()]
    return "; ".join(dict.fromkeys(said))
