"""Pressed leaves, grasses and ears: the plants of the plates that are no single flower."""

from __future__ import annotations

import math

from storefront.drawings import ink, petals
from storefront.drawings.flowers import Spot
from storefront.drawings.ink import Point, el, group, turn
from storefront.drawings.petals import POINTED, SLENDER, Petal, Pressed


def rice(spot: Spot) -> str:
    """Return three ears of rice that bow under their grains, with a long leaf."""
    x, y, reach = spot.x, spot.y, spot.reach
    low = x - reach * 0.45
    ears = [
        _ear(spot, (low + shift, spot.root[1]), (x + reach * right, y - reach * up))
        for shift, right, up in ((0, -0.72, 0.2), (10, 0.24, 0.42), (20, 0.88, -0.12))
    ]
    leaves = [
        petals.blade(
            spot.root, (x + reach * 0.78, y - reach * 0.5), width=15, bend=26, colour="#A9A262"
        )
    ]
    return group(*leaves, *ears)


def _ear(spot: Spot, low: Point, tip: Point) -> str:
    """Return one ear from a point up, over and down to its tip."""
    over = (low[0] + (tip[0] - low[0]) * 0.2, tip[1] - spot.reach * 0.85)
    grain = Petal(spot.reach * 0.17, spot.reach * 0.072, SLENDER, tip=1.05, veins=1)
    look = Pressed(spot.bloom, 0.62, line_opacity=0.6)
    shapes = []
    for place in range(21):
        share = 0.46 + 0.54 * place / 20
        here, slope = _on_curve((low, over, tip), share)
        for side in (-1, 1):
            angle = slope + side * spot.chance.around(26, 5)
            seed = petals.fan(grain, [0], look=look, chance=spot.chance)
            shapes.append((here, angle, seed))
    arch = el(
        "path",
        d=ink.path("M", *low, "Q", *over, *tip),
        fill="none",
        stroke="#8F8A4E",
        stroke_width=1.6,
        stroke_opacity=0.7,
    )
    return group(arch, *(group(seed, transform=turn(a, at)) for at, a, seed in shapes))


def _on_curve(curve: tuple[Point, Point, Point], share: float) -> tuple[Point, float]:
    """Return a point of a quadratic curve, and which way it runs there (degrees, 0 is up)."""
    one, two, three = curve
    rest = 1 - share
    x, y = (
        rest * rest * a + 2 * rest * share * b + share * share * c
        for a, b, c in zip(one, two, three, strict=True)
    )
    dx, dy = (rest * (b - a) + share * (c - b) for a, b, c in zip(one, two, three, strict=True))
    return (x, y), math.degrees(math.atan2(dx, -dy))


def ginger(spot: Spot) -> str:
    """Return a torch ginger: a cone of waxy bracts over a skirt, between long leaves."""
    x, y, reach, chance = spot.x, spot.y, spot.reach, spot.chance
    rows = (
        (0.5, 0.95, 0.4, (-112, 112, -84, 84)),
        (0.4, 0.9, 0.38, (-66, 66, -98, 98, -34, 34)),
        (0.2, 0.72, 0.34, (-48, 48, -22, 22)),
        (-0.02, 0.56, 0.3, (-36, 36, -12, 12)),
        (-0.22, 0.44, 0.24, (-26, 26, 0)),
        (-0.4, 0.3, 0.18, (-14, 14, 0)),
    )
    cone = [
        group(
            petals.fan(
                Petal(reach * length, reach * width, POINTED, tip=1.03, wave=0.012, veins=5),
                [chance.around(angle, 3) for angle in angles],
                look=Pressed(ink.darker(spot.bloom, 0.03 * place), 0.34),
                chance=chance,
            ),
            transform=turn(0, (0, reach * low)),
        )
        for place, (low, length, width, angles) in enumerate(rows)
    ]
    leaves = [
        petals.leaf((x + 4, y + reach * 1.5), angle, reach * 1.7, width=reach * 0.34)
        for angle in (38, -30)
    ]
    return group(*leaves, spot.stalk(width=5), spot.at(*cone))


def pandan(spot: Spot) -> str:
    """Return a fan of pandan leaves."""
    x, y, reach = spot.x, spot.y, spot.reach
    base = (x - reach * 0.25, y + reach * 2)
    tips = ((-1.0, -0.3, -26), (-0.62, -0.78, -18), (-0.15, -1.08, -8), (0.3, -1.0, 10))
    more = ((0.72, -0.62, 20), (1.0, -0.05, 26))
    return group(
        *(
            petals.blade(
                base,
                (x + left * reach, y + up * reach),
                width=reach * 0.4,
                bend=bend * 1.6,
                colour=spot.bloom,
            )
            for left, up, bend in (*tips, *more)
        )
    )


def lemongrass(spot: Spot) -> str:
    """Return stalks of lemongrass with pale bulbs and thin, bowing blades."""
    x, y, reach, chance = spot.x, spot.y, spot.reach, spot.chance
    blades = [
        petals.blade(
            (x - reach * 0.5 + place * 5, y + reach * 1.5),
            (x + reach * (-0.9 + 0.24 * place), y - reach * chance.between(0.55, 1.12)),
            width=reach * 0.15,
            bend=(place - 3.6) * 13,
            colour=spot.bloom,
        )
        for place in range(8)
    ]
    bulbs = [
        petals.leaf(
            (x - reach * 0.34 + shift, y + reach * 2.1),
            angle,
            reach * 1.7,
            width=reach * 0.26,
            colour=tone,
        )
        for shift, angle, tone in ((-20, -4, "#C9C79A"), (4, 5, "#BFC58C"))
    ]
    return group(*blades, *bulbs)


def tea(spot: Spot) -> str:
    """Return a sprig of tea: leaves in turn up a stem, a bud, and one white flower."""
    x, y, reach = spot.x, spot.y, spot.reach
    knots = [(x + 4, y + reach * 0.9), (x - 2, y + reach * 0.25), (x + 6, y - reach * 0.4)]
    leaves = [
        petals.leaf(knots[place], angle, reach * length, width=reach * 0.36, colour=spot.bloom)
        for place, angle, length in (
            (0, 66, 1.0),
            (0, -62, 0.9),
            (1, 50, 1.02),
            (1, -54, 1.0),
            (2, 30, 0.86),
            (2, -34, 0.8),
            (2, -3, 0.62),
        )
    ]
    petal = Petal(reach * 0.32, reach * 0.34, veins=5)
    flower = group(
        petals.ring(
            petal,
            6,
            look=Pressed("#FBF3DF", 0.8, vein="#A99A6A"),
            chance=spot.chance,
        ),
        *(
            el(
                "circle",
                cx=spot.chance.around(0, reach * 0.1),
                cy=spot.chance.around(0, reach * 0.1),
                r=1.8,
                fill="#D9A53A",
            )
            for _ in range(14)
        ),
        transform=turn(0, (x + reach * 0.34, y + reach * 0.32)),
    )
    return group(petals.stem([spot.root, *knots], width=2.6), *leaves, flower)


def pennywort(spot: Spot) -> str:
    """Return pennywort: round scalloped leaves on thin stems."""
    x, y, reach = spot.x, spot.y, spot.reach
    heads = ((-0.55, -0.2, 0.46, -16), (0.32, -0.55, 0.54, 10), (0.62, 0.3, 0.42, 34))
    small = ((-0.12, 0.28, 0.34, -8), (-0.28, -0.82, 0.3, -6))
    root = spot.root
    drawn = []
    for left, up, size, angle in (*small, *heads):
        at = (x + left * reach, y + up * reach)
        bend = ((at[0] + root[0]) / 2 + left * 30, (at[1] + root[1]) / 2)
        drawn.append(petals.stem([root, bend, at], width=1.8, colour=spot.bloom))
        drawn.append(group(_round_leaf(reach * size, spot.bloom), transform=turn(angle, at)))
    return group(*drawn)


def _round_leaf(reach: float, colour: str) -> str:
    points: list[Point] = [(0, 0)]
    count = 26
    for place in range(count + 1):
        angle = math.radians(-158 + 316 * place / count)
        away = reach * (1 if place % 2 else 0.93)
        points.append((away * math.sin(angle), -away * math.cos(angle)))
    veins: list[str | float] = []
    for place in range(9):
        angle = math.radians(-136 + 34 * place)
        end = (reach * 0.86 * math.sin(angle), -reach * 0.86 * math.cos(angle))
        veins += ["M", 0, 0, "L", *end]
        for fork in (-9, 9):
            way = angle + math.radians(fork)
            veins += ["M", end[0] * 0.55, end[1] * 0.55, "L"]
            veins += [reach * 0.9 * math.sin(way), -reach * 0.9 * math.cos(way)]
    return group(
        el("path", d=ink.smooth(points, closed=True), fill=colour, fill_opacity=0.4),
        el("path", d=ink.path(*veins), fill="none", stroke_opacity=0.5),
        stroke=ink.darker(colour, 0.3),
        stroke_width=0.7,
        stroke_opacity=0.7,
    )
