"""The pressed rose, taped in; and the house's mark as picture, symbol and favicon."""

from __future__ import annotations

from storefront.drawings import flowers, ink, petals, rose_mark
from storefront.drawings.ink import Chance, Point, el, group

WIDTH, HEIGHT = 240, 480
PRESSED_BLOOM = "#A81C50"
_HEAD: Point = (120, 116)
_STEM = ((112, 470), (122, 380), (128, 270), _HEAD)


def pressed_rose(*, seed: str = "rose", taped: bool = True, bloom: str = PRESSED_BLOOM) -> str:
    """Return the whole rose as one SVG of 240 by 480 units: bloom, stem, leaves, a strip of tape.

    It has no ground of its own, and is meant to lie on paper of any colour.
    """
    chance = Chance(seed)
    return ink.drawing(
        WIDTH,
        HEIGHT,
        petals.stem(_STEM, width=4.4),
        _spray((128, 276), (64, 300), (-68, -108, -148)),
        _spray((125, 340), (178, 352), (64, 106, 150)),
        group(flowers.rose_head(104, bloom, chance), transform=ink.turn(0, _HEAD)),
        _tape() if taped else "",
    )


def _spray(knot: Point, end: Point, angles: tuple[float, ...]) -> str:
    """Return a side stem with its leaves."""
    middle = ((knot[0] + end[0]) / 2, min(knot[1], end[1]) + 4)
    return group(
        petals.stem([knot, middle, end], width=2.2),
        *(
            petals.leaf(end, angle, 62 if place == 1 else 54, colour="#64805F")
            for place, angle in enumerate(angles)
        ),
    )


def _tape() -> str:
    """Return a strip of paper tape over the stem, its ends torn."""
    torn: list[str | float] = ["M", -52, -13]
    torn += ["L", 50, -13, "L", 54, -8, "L", 50, -3, "L", 55, 2, "L", 51, 7, "L", 54, 13]
    torn += ["L", -51, 13, "L", -55, 7, "L", -51, 2, "L", -55, -4, "L", -50, -8, "Z"]
    grain = ink.path("M", -50, -5, "H", 50, "M", -51, 4, "H", 51)
    return group(
        el("path", d=ink.path(*torn), fill="#EADFC8", fill_opacity=0.86, stroke_opacity=0.6),
        el("path", d=grain, stroke_opacity=0.3),
        transform=ink.turn(-4, (116, 426)),
        stroke="#D3C4A4",
        stroke_width=0.8,
    )


def mark(*, colour: str = ink.ROSE) -> str:
    """Return the mark as one SVG of 24 by 24 units."""
    return ink.drawing(rose_mark.GRID, rose_mark.GRID, rose_mark.stroke(colour))


def symbol(name: str = "rose") -> str:
    """Return the mark as a ``<symbol>`` for a sheet of icons; it takes the colour of its text."""
    return el("symbol", rose_mark.stroke(), id=name, viewBox="0 0 24 24")


def favicon(*, blank: bool = False, colour: str = ink.ROSE) -> str:
    """Return the mark for a browser's tab, 32 by 32 units: paper on rose, or rose on nothing."""
    ground = "" if blank else el("rect", width=32, height=32, rx=7, fill=colour)
    inside = rose_mark.mark_at((16, 16), 28, colour=colour if blank else "#FBF8F4")
    return ink.drawing(32, 32, ground, inside)
