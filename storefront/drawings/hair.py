"""Hair of the drawn faces: what lies behind the head, and what falls over the brow.

The head's middle is at (160, 186); its face is 104 wide and reaches from 122 to 256.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from storefront.drawings import ink
from storefront.drawings.ink import el, group


@dataclass(frozen=True)
class Hair:
    """Drawn hair: `behind` the head, and `over` it."""

    behind: str
    over: str


def _shape(*steps: str | float, fill: str) -> str:
    return el("path", d=ink.path(*steps, "Z"), fill=fill)


def _strands(*steps: str | float, colour: str) -> str:
    return el(
        "path",
        d=ink.path(*steps),
        fill="none",
        stroke=ink.lighter(colour, 0.24),
        stroke_width=1.6,
        stroke_opacity=0.55,
        stroke_linecap="round",
    )


def _parted(colour: str, *, at: float = 160) -> str:
    """Return hair that falls to both sides of a parting."""
    return _shape(
        *("M", at, 116, "C", 134, 128, 110, 162, 106, 210, "C", 94, 150, 108, 96, 160, 94),
        *("C", 212, 96, 226, 150, 214, 210, "C", 210, 166, 192, 132, at, 116),
        fill=colour,
    )


def long(colour: str) -> Hair:
    """Return long straight hair, parted in the middle."""
    behind = _shape(
        *("M", 160, 88, "C", 100, 88, 90, 140, 91, 200, "C", 92, 250, 82, 286, 88, 318),
        *("C", 96, 332, 116, 338, 130, 336, "H", 190, "C", 206, 338, 226, 332, 232, 318),
        *("C", 238, 286, 228, 250, 229, 200, "C", 230, 140, 220, 88, 160, 88),
        fill=colour,
    )
    shine = _strands(
        *("M", 100, 204, "C", 98, 248, 96, 280, 100, 312, "M", 220, 204, "C", 222, 248, 224, 280),
        *(220, 312, "M", 122, 122, "C", 112, 138, 104, 158, 102, 178),
        colour=colour,
    )
    return Hair(behind, group(_parted(colour), shine))


def bob(colour: str) -> Hair:
    """Return a bob with a straight fringe."""
    behind = _shape(
        *("M", 160, 90, "C", 98, 90, 86, 142, 88, 196, "C", 89, 228, 92, 250, 100, 266, "H", 220),
        *("C", 228, 250, 231, 228, 232, 196, "C", 234, 142, 222, 90, 160, 90),
        fill=colour,
    )
    fringe = _shape(
        *("M", 160, 92, "C", 112, 92, 98, 132, 101, 190, "C", 106, 182, 108, 168, 110, 160),
        *("Q", 160, 148, 210, 160, "C", 212, 168, 214, 182, 219, 190, "C", 222, 132, 208, 92),
        *(160, 92),
        fill=colour,
    )
    lines = _strands(
        *("M", 138, 106, "C", 130, 120, 126, 136, 126, 150, "M", 160, 102, "V", 150),
        *("M", 182, 106, "C", 190, 120, 194, 136, 194, 150),
        colour=colour,
    )
    return Hair(behind, group(fringe, lines))


def bun(colour: str) -> Hair:
    """Return hair drawn back into a bun on top."""
    knot = group(
        el("circle", cx=160, cy=82, r=31, fill=colour),
        _strands(
            *("M", 140, 78, "C", 146, 62, 172, 60, 180, 74, "M", 146, 92, "C", 156, 78, 172, 80),
            *(174, 94),
            colour=colour,
        ),
    )
    behind = group(knot, el("ellipse", cx=160, cy=166, rx=62, ry=68, fill=colour))
    over = _shape(
        *("M", 103, 186, "C", 96, 130, 120, 98, 160, 98, "C", 200, 98, 224, 130, 217, 186),
        *("C", 210, 158, 196, 136, 160, 132, "C", 124, 136, 110, 158, 103, 186),
        fill=colour,
    )
    lines = _strands(
        *("M", 118, 150, "C", 126, 128, 142, 114, 154, 110, "M", 202, 150, "C", 194, 128, 178, 114),
        *(166, 110),
        colour=colour,
    )
    return Hair(behind, group(over, lines))


def short(colour: str) -> Hair:
    """Return short hair, combed to one side."""
    behind = el("ellipse", cx=160, cy=158, rx=60, ry=60, fill=colour)
    over = _shape(
        *("M", 102, 184, "C", 92, 130, 112, 92, 162, 92, "C", 210, 90, 230, 128, 218, 184),
        *("C", 214, 170, 212, 156, 204, 146, "C", 176, 148, 150, 138, 136, 124),
        *("C", 128, 144, 110, 152, 102, 184),
        fill=colour,
    )
    lines = _strands(
        *("M", 142, 118, "C", 160, 132, 184, 138, 204, 136, "M", 150, 106, "C", 170, 118, 190, 122),
        *(210, 120),
        colour=colour,
    )
    return Hair(behind, group(over, lines))


def crop(colour: str) -> Hair:
    """Return hair cropped close, with a straight brow line."""
    over = _shape(
        *("M", 105, 176, "C", 98, 126, 122, 100, 160, 100, "C", 198, 100, 222, 126, 215, 176),
        *("L", 208, 174, "C", 208, 158, 204, 148, 198, 140, "Q", 160, 132, 122, 140),
        *("C", 116, 148, 112, 158, 112, 174),
        fill=colour,
    )
    return Hair(el("ellipse", cx=160, cy=160, rx=56, ry=56, fill=colour), over)


def curls(colour: str) -> Hair:
    """Return a head full of curls."""
    around = (
        *((104, 152, 28), (112, 122, 28), (136, 102, 29), (166, 96, 30), (194, 108, 29)),
        *((212, 132, 28), (220, 162, 27), (96, 182, 26), (94, 212, 26), (102, 240, 24)),
        *((226, 192, 26), (226, 220, 26), (216, 246, 24)),
    )
    front = ((118, 138, 19), (140, 124, 19), (164, 120, 20), (188, 126, 19), (206, 144, 18))
    behind = [el("circle", cx=x, cy=y, r=r) for x, y, r in around]
    over = [el("circle", cx=x, cy=y, r=r) for x, y, r in front]
    rings = _strands(
        *(part for x, y, r in (*around[::2], *front) for part in _ring(x, y, r)), colour=colour
    )
    return Hair(group(*behind, fill=colour), group(group(*over, fill=colour), rings))


def _ring(x: float, y: float, r: float) -> tuple[str | float, ...]:
    """Return three quarters of a circle in a curl."""
    half = r * 0.45
    return (
        "M",
        x - half,
        y,
        "Q",
        x - half,
        y - half,
        x,
        y - half,
        "Q",
        x + half,
        y - half,
        x + half,
        y,
    )


def braid(colour: str) -> Hair:
    """Return a side parting and a braid over one shoulder."""
    knots = [
        el("ellipse", cx=226 + (place % 2) * 5, cy=236 + place * 19, rx=16 - place * 0.8, ry=14)
        for place in range(6)
    ]
    behind = el("ellipse", cx=160, cy=170, rx=67, ry=78, fill=colour)
    tie = el("rect", x=218, y=340, width=22, height=7, rx=3, fill=ink.ROSE)
    cross = _strands(
        *(
            part
            for place in range(6)
            for part in (
                "M",
                216,
                230 + place * 19,
                "Q",
                228,
                244 + place * 19,
                240,
                232 + place * 19,
            )
        ),
        colour=colour,
    )
    return Hair(behind, group(_parted(colour, at=142), *knots, tie, cross, fill=colour))


def wavy(colour: str) -> Hair:
    """Return shoulder-long waves, parted at the side."""
    behind = _shape(
        *("M", 160, 88, "C", 104, 86, 88, 132, 90, 170, "C", 92, 196, 74, 210, 80, 238),
        *("C", 86, 260, 72, 276, 84, 300, "C", 100, 318, 122, 306, 130, 296, "H", 192),
        *("C", 200, 308, 222, 318, 236, 298, "C", 246, 276, 232, 260, 240, 236),
        *("C", 246, 210, 228, 196, 230, 170, "C", 232, 132, 216, 86, 160, 88),
        fill=colour,
    )
    lines = _strands(
        *("M", 98, 208, "C", 84, 228, 102, 246, 92, 278, "M", 222, 208, "C", 236, 228, 218, 246),
        *(228, 278, "M", 180, 112, "C", 204, 124, 214, 150, 218, 176),
        colour=colour,
    )
    return Hair(behind, group(_parted(colour, at=184), lines))


def pony(colour: str) -> Hair:
    """Return hair drawn back into a high pony tail that swings to one side."""
    tail = _shape(
        *("M", 196, 100, "C", 250, 92, 264, 150, 246, 200, "C", 240, 224, 246, 238, 256, 246),
        *("C", 226, 250, 212, 216, 222, 176, "C", 228, 148, 214, 128, 192, 124),
        fill=colour,
    )
    back = bun(colour)
    head = el("ellipse", cx=160, cy=164, rx=61, ry=66, fill=colour)
    tie = el("rect", x=190, y=98, width=12, height=24, rx=5, fill=ink.ROSE)
    return Hair(group(tail, head, tie), back.over)


STYLES: Mapping[str, Callable[[str], Hair]] = {
    draw.__name__: draw for draw in (long, bob, bun, short, crop, curls, braid, wavy, pony)
}
