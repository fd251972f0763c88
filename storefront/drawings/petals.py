"""What plants are made of: petals, rings of them, leaves, stems; translucent, with thin veins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from storefront.drawings import ink
from storefront.drawings.ink import Chance, Point, el, group, turn

# A petal's outline: how far along it (0 base, 1 tip), and which share of its width it has there.
Outline = Sequence[Point]
ROUND: Outline = ((0.07, 0.16), (0.34, 0.62), (0.66, 1), (0.88, 0.86), (0.99, 0.42))
NOTCHED: Outline = ((0.1, 0.26), (0.45, 0.72), (0.8, 1), (0.95, 0.86), (1, 0.42))
POINTED: Outline = ((0.06, 0.3), (0.28, 0.82), (0.52, 1), (0.76, 0.7), (0.92, 0.27))
SLENDER: Outline = ((0.1, 0.55), (0.35, 0.95), (0.6, 1), (0.85, 0.6))


@dataclass(frozen=True)
class Petal:
    """One petal that grows upwards from the origin; lengths in the drawing's units.

    `tip` is the height of the middle of its end as a share of its length: 1.06 is pointed, 0.9
    is notched. `wave` is how far its edge may stray.
    """

    length: float
    width: float
    outline: Outline = ROUND
    tip: float = 0.96
    wave: float = 0
    veins: int = 5

    def edge(self, chance: Chance) -> str:
        """Return the `d` of its outline."""
        stray = self.wave * self.length
        left, right = (
            [
                (
                    side * self.width / 2 * share + chance.around(0, stray * along),
                    -self.length * along + chance.around(0, stray * along),
                )
                for along, share in self.outline
            ]
            for side in (-1, 1)
        )
        top = (chance.around(0, stray), -self.length * self.tip)
        return ink.smooth([(0, 0), *left, top, *reversed(right)], closed=True)

    def lines(self) -> str:
        """Return the `d` of its veins, which fan out from the base."""
        steps: list[str | float] = []
        for place in range(self.veins):
            across = (place - (self.veins - 1) / 2) / max(1, self.veins - 1)
            end = self.length * (0.9 - 0.42 * across * across)
            x = across * self.width * 0.66
            steps += ["M", 0, -self.length * 0.12, "Q", x * 0.6, -end * 0.5, x, -end]
        return ink.path(*steps)


@dataclass(frozen=True)
class Pressed:
    """How something pressed looks: its colour, how much of what is behind it is seen, its veins."""

    colour: str
    opacity: float = 0.34
    line: float = 0.6
    line_opacity: float = 0.42
    vein: str = ""

    @property
    def stroke(self) -> str:
        """The colour of edges and veins."""
        return self.vein or ink.darker(self.colour, 0.28)


def fan(petal: Petal, angles: Sequence[float], *, look: Pressed, chance: Chance) -> str:
    """Return petals at angles about the origin (0 is up), each laid over the ones before it."""
    shapes = [petal.edge(chance) for _ in range(3)]
    veins = petal.lines()
    edges = [
        el("path", d=shapes[place % len(shapes)], transform=turn(angle) or None)
        for place, angle in enumerate(angles)
    ]
    lines = [el("path", d=veins, transform=turn(angle) or None) for angle in angles if veins]
    return group(
        group(
            *edges, fill=look.colour, fill_opacity=look.opacity, stroke_opacity=look.line_opacity
        ),
        group(*lines, fill="none", stroke_opacity=look.line_opacity * 0.62) if lines else "",
        stroke=look.stroke,
        stroke_width=look.line,
    )


def ring(petal: Petal, count: int, *, look: Pressed, chance: Chance) -> str:
    """Return a ring of petals, evenly spread but for a little chance."""
    start = chance.between(0, 360)
    step = 360 / count
    angles = [
        (start + step * place + chance.around(0, step * 0.14)) % 360 for place in range(count)
    ]
    return fan(petal, angles, look=look, chance=chance)


def leaf(
    at: Point, angle: float, length: float, *, width: float = 0, colour: str = ink.LEAF
) -> str:
    """Return a leaf that grows from a point at an angle (0 is up), with its rib and side veins."""
    half = (width or length * 0.52) / 2
    blade = ink.path(
        *("M", 0, 0, "C", -half * 1.25, -length * 0.22, -half * 1.05, -length * 0.66),
        *(0, -length, "C", half * 1.05, -length * 0.66, half * 1.25, -length * 0.22, 0, 0, "Z"),
    )
    veins: list[str | float] = ["M", 0, length * 0.06, "L", 0, -length * 0.95]
    for along in (0.14, 0.28, 0.42, 0.56, 0.7):
        reach = half * 0.86 * math.sin(math.pi * min(0.92, along + 0.16))
        for side in (-1, 1):
            veins += ["M", 0, -length * along, "Q", side * reach * 0.6, -length * (along + 0.05)]
            veins += [side * reach, -length * (along + 0.17)]
    return group(
        el("path", d=blade, fill=colour, fill_opacity=0.36, stroke_opacity=0.6),
        el("path", d=ink.path(*veins), fill="none", stroke_opacity=0.45),
        transform=turn(angle, at),
        stroke=ink.darker(colour, 0.3),
        stroke_width=0.7,
    )


def blade(base: Point, tip: Point, *, width: float, bend: float, colour: str) -> str:
    """Return a long blade from its base to its tip; `bend` is how far its middle strays aside."""
    (x, y), (end_x, end_y) = base, tip
    away = math.hypot(end_x - x, end_y - y) or 1
    normal = ((y - end_y) / away, (end_x - x) / away)
    middle = ((x + end_x) / 2 + normal[0] * bend, (y + end_y) / 2 + normal[1] * bend)
    left, right = (
        (middle[0] + side * normal[0] * width / 2, middle[1] + side * normal[1] * width / 2)
        for side in (-1, 1)
    )
    root = [
        (x + side * normal[0] * width * 0.3, y + side * normal[1] * width * 0.3) for side in (-1, 1)
    ]
    outline = ink.path("M", *root[0], "Q", *left, *tip, "Q", *right, *root[1], "Z")
    lines: list[str | float] = []
    for share in (-0.5, 0, 0.5):
        across = (
            middle[0] + normal[0] * width * share / 2,
            middle[1] + normal[1] * width * share / 2,
        )
        start = (x + normal[0] * width * share * 0.3, y + normal[1] * width * share * 0.3)
        lines += ["M", *start, "Q", *across, *tip]
    return group(
        el("path", d=outline, fill=colour, fill_opacity=0.38, stroke_opacity=0.5),
        el("path", d=ink.path(*lines), fill="none", stroke_opacity=0.4),
        stroke=ink.darker(colour, 0.3),
        stroke_width=0.7,
    )


def stem(points: Sequence[Point], *, colour: str = ink.LEAF, width: float = 3) -> str:
    """Return a stem along points."""
    return el(
        "path",
        d=ink.smooth(points, closed=False),
        fill="none",
        stroke=ink.darker(colour, 0.12),
        stroke_width=width,
        stroke_opacity=0.72,
        stroke_linecap="round",
    )
