"""Pressed flowers seen from above or from the side, each about its middle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from storefront.drawings import ink, petals
from storefront.drawings.ink import Chance, Point, el, group, turn
from storefront.drawings.petals import NOTCHED, POINTED, ROUND, Petal, Pressed


@dataclass(frozen=True)
class Spot:
    """Where a plant is laid: its middle, its reach, where its stem comes from, and its colour."""

    x: float
    y: float
    reach: float
    root: Point
    bloom: str
    chance: Chance

    def at(self, *inside: str) -> str:
        """Return elements about the origin, moved to the middle."""
        return group(*inside, transform=turn(0, (self.x, self.y)))

    def stalk(self, *, width: float = 3) -> str:
        """Return the stem from the root to the middle."""
        bend = ((self.x + self.root[0]) / 2 + 14, (self.y + self.root[1]) / 2)
        return petals.stem([self.root, bend, (self.x, self.y)], width=width)


def rose_head(reach: float, bloom: str, chance: Chance) -> str:
    """Return a rose from above about the origin: four rings and the turn of its heart."""
    rings = ((1, 0.86, 8, 0.2), (0.8, 0.72, 7, 0.24), (0.58, 0.54, 7, 0.3), (0.36, 0.36, 5, 0.36))
    drawn = [
        petals.ring(
            Petal(reach * length, reach * width, ROUND, wave=0.05, veins=7),
            count,
            look=Pressed(ink.darker(bloom, place * 0.02), opacity),
            chance=chance,
        )
        for place, (length, width, count, opacity) in enumerate(rings)
    ]
    turns: list[Point] = []
    for place in range(15):
        angle, away = place * 0.78, reach * (0.015 + 0.0128 * place)
        turns.append((away * math.cos(angle), away * math.sin(angle)))
    heart = el(
        "path",
        d=ink.smooth(turns, closed=False),
        fill="none",
        stroke=ink.darker(bloom, 0.3),
        stroke_width=1.3,
        stroke_opacity=0.55,
        stroke_linecap="round",
    )
    return group(*drawn, heart)


def rose(spot: Spot) -> str:
    """Return a rose with two leaves below it."""
    x, y, reach = spot.x, spot.y, spot.reach
    return group(
        spot.stalk(),
        petals.leaf((x - reach * 0.1, y + reach * 1.28), 18, reach * 0.84),
        petals.leaf((x - reach * 0.08, y + reach * 1.26), 44, reach * 0.7),
        spot.at(rose_head(reach, spot.bloom, spot.chance)),
    )


def chrysanthemum(spot: Spot) -> str:
    """Return a chrysanthemum: five rings of slim notched petals."""
    rings = ((1, 21, 0.3), (0.84, 19, 0.34), (0.66, 17, 0.4), (0.47, 14, 0.46), (0.28, 10, 0.5))
    drawn = [
        petals.ring(
            Petal(spot.reach * length, spot.reach * 0.17, NOTCHED, tip=0.91, wave=0.014, veins=3),
            count,
            look=Pressed(ink.darker(spot.bloom, 0.05 * place), opacity, line_opacity=0.5),
            chance=spot.chance,
        )
        for place, (length, count, opacity) in enumerate(rings)
    ]
    return group(
        spot.stalk(),
        petals.leaf((spot.x + 12, spot.y + spot.reach * 1.35), 62, spot.reach * 0.6),
        spot.at(*drawn),
    )


def lotus(spot: Spot) -> str:
    """Return a lotus from the side: pointed petals before one another, and its pod."""
    reach, chance = spot.reach, spot.chance
    rows: Sequence[tuple[float, float, Sequence[float], float]] = (
        (1.22, 0.5, (-62, 62, -40, 40, -18, 18, 0), 0.24),
        (1.12, 0.52, (-78, 78, -52, 52, -27, 27), 0.28),
        (0.9, 0.52, (-92, 92, -38, 38, -12, 12), 0.32),
        (0.66, 0.46, (-60, 60, -24, 24, 0), 0.36),
    )
    drawn = [
        petals.fan(
            Petal(reach * length, reach * width, POINTED, tip=1.04, wave=0.012, veins=7),
            [chance.around(angle, 3) for angle in angles],
            look=Pressed(ink.lighter(spot.bloom, 0.16 - 0.05 * place), opacity),
            chance=chance,
        )
        for place, (length, width, angles, opacity) in enumerate(rows)
    ]
    foot = (spot.x, spot.y + reach * 0.5)
    return group(
        petals.stem([spot.root, (spot.x + 6, (foot[1] + spot.root[1]) / 2), foot], width=4),
        group(*drawn, transform=turn(0, foot)),
    )


def hibiscus(spot: Spot) -> str:
    """Return a hibiscus: five broad petals and a long column of stamens."""
    reach, bloom, chance = spot.reach, spot.bloom, spot.chance
    whole = [place * 72 + chance.around(10, 4) for place in range(5)]
    outer = petals.fan(
        Petal(reach, reach * 1.06, ROUND, wave=0.035, veins=11),
        whole,
        look=Pressed(bloom, 0.4),
        chance=chance,
    )
    throat = petals.fan(
        Petal(reach * 0.42, reach * 0.34, POINTED, tip=1.04, veins=5),
        whole,
        look=Pressed(ink.darker(bloom, 0.35), 0.22, line_opacity=0.16),
        chance=chance,
    )
    column = el(
        "path", d=ink.path("M", 0, 0, "Q", reach * 0.1, -reach * 0.4, reach * 0.42, -reach * 0.72)
    )
    dots = [
        el(
            "circle",
            cx=reach * (0.2 + 0.026 * place) + chance.around(0, 5),
            cy=-reach * (0.42 + 0.036 * place) + chance.around(0, 5),
            r=2.3,
        )
        for place in range(10)
    ]
    return group(
        spot.stalk(),
        petals.leaf((spot.x + 6, spot.y + reach * 1.3), 48, reach * 0.8),
        spot.at(
            outer,
            throat,
            group(column, fill="none", stroke=ink.mix(bloom, "#C98A1B", 0.5), stroke_width=3),
            group(*dots, fill="#D9A53A", fill_opacity=0.85),
        ),
    )


def blossom(at: Point, reach: float, *, petal: Petal, count: int, look: Pressed, heart: str) -> str:
    """Return one small open flower: a ring of petals about a coloured heart."""
    chance = Chance(f"{at}{reach}")
    return group(
        petals.ring(petal, count, look=look, chance=chance),
        el("circle", r=reach * 0.13, fill=heart, fill_opacity=0.8),
        transform=turn(chance.between(0, 90), at),
    )


def _branch(spot: Spot, points: Sequence[Point], leaves: Sequence[tuple[int, float, float]]) -> str:
    """Return a twig along points in shares of the reach, with leaves (where, angle, length)."""
    placed = [(spot.x + x * spot.reach, spot.y + y * spot.reach) for x, y in points]
    return group(
        petals.stem([spot.root, *placed], width=2.4, colour="#7C7A58"),
        *(
            petals.leaf(placed[place], angle, spot.reach * length)
            for place, angle, length in leaves
        ),
    )


def jasmine(spot: Spot) -> str:
    """Return a spray of jasmine: white stars, buds and dark leaves."""
    reach = spot.reach
    look = Pressed(spot.bloom, 0.72, line_opacity=0.5, vein=ink.darker(spot.bloom, 0.42))
    stars = ((-0.5, -0.32, 0.38), (0.24, -0.62, 0.42), (0.5, 0.02, 0.4), (-0.1, 0.16, 0.34))
    twig = _branch(
        spot,
        [(0.06, 0.7), (0, 0.2), (0.08, -0.3), (0.1, -0.78)],
        [(0, 68, 0.72), (0, -52, 0.6), (1, 96, 0.9), (2, -100, 0.86), (2, 40, 0.8), (3, 8, 0.4)],
    )
    open_flowers = [
        blossom(
            (spot.x + x * reach, spot.y + y * reach),
            reach * size,
            petal=Petal(reach * size, reach * size * 0.44, POINTED, tip=1.03, veins=3),
            count=7,
            look=look,
            heart="#D9B45A",
        )
        for x, y, size in stars
    ]
    buds = [
        petals.fan(
            Petal(reach * 0.3, reach * 0.13, POINTED, tip=1.02, veins=1),
            [angle],
            look=look,
            chance=spot.chance,
        )
        for angle in (-24, 12, 40)
    ]
    return group(
        twig, *open_flowers, group(*buds, transform=turn(0, (spot.x + 8, spot.y - reach * 0.8)))
    )


def osmanthus(spot: Spot) -> str:
    """Return a twig of osmanthus: clusters of tiny four-petalled flowers under stiff leaves."""
    reach, chance = spot.reach, spot.chance
    knots = ((0.02, 0.5), (0.06, 0.02), (0.0, -0.45), (0.14, -0.9))
    twig = _branch(
        spot,
        knots,
        [(0, 70, 0.86), (0, -64, 0.8), (1, 62, 0.94), (1, -70, 0.9), (2, 48, 0.8), (2, -58, 0.84)],
    )
    tiny = reach * 0.125
    flowers = [
        blossom(
            (
                spot.x + x * reach + chance.around(0, reach * 0.24),
                spot.y + y * reach + chance.around(0, reach * 0.17),
            ),
            tiny * 0.9,
            petal=Petal(tiny, tiny * 0.82, ROUND, veins=1),
            count=4,
            look=Pressed(spot.bloom, 0.62, line_opacity=0.55),
            heart=ink.darker(spot.bloom, 0.35),
        )
        for x, y in knots
        for _ in range(8)
    ]
    return group(twig, *flowers)


def pomelo(spot: Spot) -> str:
    """Return a twig of pomelo blossom: thick white petals about many stamens."""
    reach = spot.reach
    look = Pressed(spot.bloom, 0.7, line_opacity=0.5, vein=ink.darker(spot.bloom, 0.4))
    twig = _branch(
        spot,
        [(0.05, 0.8), (0.02, 0.2), (0.08, -0.5)],
        [(0, 76, 0.95), (0, -60, 0.8), (1, -112, 0.9), (1, 104, 0.95), (2, 20, 0.75)],
    )
    heads = [
        blossom(
            (spot.x + x * reach, spot.y + y * reach),
            reach * size,
            petal=Petal(reach * size, reach * size * 0.62, ROUND, wave=0.02, veins=5),
            count=5,
            look=look,
            heart="#D6A93C",
        )
        for x, y, size in ((-0.36, -0.28, 0.5), (0.4, -0.52, 0.54), (0.2, 0.26, 0.5))
    ]
    return group(twig, *heads)
