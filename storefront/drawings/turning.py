"""How vessels are turned: outlines about the plate's middle line, glass, caps, labels, tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from storefront.drawings import ink, rose_mark
from storefront.drawings.ink import Point, el, group, window

MIDDLE = 200
FOOT = 432  # where things stand
LINE = 1.22  # of a text, as a share of its size
GLYPH = 0.58  # the width of a serif's letter, as a share of its size


@dataclass(frozen=True)
class Tones:
    """The colours of one vessel: what it is made of, and its lid or fittings; as #RRGGBB."""

    glass: str
    cap: str


@dataclass(frozen=True)
class Label:
    """Where a vessel carries its label: middle, size, and whether the rose mark fits on it."""

    x: float
    y: float
    width: float
    height: float
    marked: bool = True
    paper: str = ink.LABEL
    tilt: float = 0


@dataclass(frozen=True)
class Vessel:
    """A drawn vessel, its label, where its top is, and half the width of its shadow."""

    art: str
    label: Label
    top: float
    foot: float


def turned(*rows: Point, corner: float = 14, crown: float = 0) -> str:
    """Return the `d` of a shape alike on both sides, from rows of (half its width, y), top first.

    Rows of different widths are joined by a shoulder. `corner` rounds the bottom, `crown` the top.
    """
    (half, top), (low_half, bottom) = rows[0], rows[-1]
    right: list[str | float] = ["M", MIDDLE - half + crown, top, "H", MIDDLE + half - crown]
    if crown:
        right += ["Q", MIDDLE + half, top, MIDDLE + half, top + crown]
    right += _side(rows, corner, side=1)
    left: list[str | float] = ["L", MIDDLE - low_half + corner, bottom]
    left += ["Q", MIDDLE - low_half, bottom, MIDDLE - low_half, bottom - corner]
    left += _side(list(reversed(rows)), -crown, side=-1)
    close: list[str | float] = (
        ["Q", MIDDLE - half, top, MIDDLE - half + crown, top] if crown else []
    )
    return ink.path(*right, *left, *close, "Z")


def _side(rows: Sequence[Point], corner: float, *, side: int) -> list[str | float]:
    """Return one side of a turned shape; it stops a corner short of its last row."""
    steps: list[str | float] = []
    for (half, y), (next_half, next_y) in pairwise(rows):
        end = next_y - corner if (next_half, next_y) == rows[-1] else next_y
        if half == next_half:
            steps += ["L", MIDDLE + side * half, end]
        else:
            knee = (y + end) / 2
            steps += ["C", MIDDLE + side * half, knee, MIDDLE + side * next_half, knee]
            steps += [MIDDLE + side * next_half, end]
    if corner > 0:
        half, y = rows[-1]
        steps += ["Q", MIDDLE + side * half, y, MIDDLE + side * (half - corner), y]
    return steps


def shaded(d: str, colour: str, *, half: float, level: float | None = None) -> str:
    """Return a body of one colour with shade on its right and light on its left.

    `level` is where the filling of a glass begins, from above; what is over it is paler.
    """
    body = el("path", d=d, fill=colour if level is None else ink.lighter(colour, 0.2))
    filled = el("path", d=d, fill=colour)
    filling = "" if level is None else window(0, level, filled, width=400, height=500 - level)
    shade = el("path", d=d, fill=ink.INK, fill_opacity=0.13)
    return group(body, filling, window(MIDDLE + half * 0.46, 0, shade, width=200, height=500))


def gleam(x: float, top: float, *, height: float, width: float = 9, opacity: float = 0.5) -> str:
    """Return a long highlight."""
    return el(
        "rect",
        **_box(x, top, width, height),
        rx=width / 2,
        fill=ink.WHITE,
        fill_opacity=opacity,
    )


def box(x: float, y: float, *, width: float, height: float, fill: str, rx: float = 0) -> str:
    """Return a rectangle."""
    return el("rect", **_box(x, y, width, height), rx=rx or None, fill=fill)


def _box(x: float, y: float, width: float, height: float) -> dict[str, float]:
    return {"x": x, "y": y, "width": width, "height": height}


def cap(
    half: float, top: float, *, bottom: float, colour: str, ribs: int = 3, rx: float = 6
) -> str:
    """Return a lid with ribs and shade."""
    left, height = MIDDLE - half, bottom - top
    step = height / (ribs + 1)
    lines = ink.path(
        *(
            part
            for place in range(1, ribs + 1)
            for part in ("M", left, top + step * place, "H", MIDDLE + half)
        )
    )
    shade = box(left, top, width=half * 2, height=height, rx=rx, fill=ink.INK)
    return group(
        box(left, top, width=half * 2, height=height, rx=rx, fill=colour),
        el("path", d=lines, stroke=ink.mix(colour, "#8A7F74", 0.5), stroke_opacity=0.6)
        if ribs
        else "",
        window(
            MIDDLE + half * 0.46,
            top,
            group(shade, fill_opacity=0.12),
            width=half,
            height=height,
        ),
    )


def label(place: Label, words: Sequence[str], size: str) -> str:
    """Return a paper label with a rule, the rose mark, the product's words and its size."""
    longest = max([len(word) for word in words] or [1])
    mark = min(34, place.height * 0.27, place.width * 0.4) if place.marked else 0
    room = place.height - mark - (25 if mark else 18) - (13 if size else 0)
    text = min(17, place.width * 0.9 / (longest * GLYPH), room / (LINE * max(1, len(words))))
    left, top = -place.width / 2, -place.height / 2
    foot = place.height / 2 - (10 if mark else 8)
    last = foot - (13 if size else 1)
    lines = [
        _text(word, last - text * LINE * (len(words) - 1 - row), size=text)
        for row, word in enumerate(words)
    ]
    rule = ink.path("M", left + 7, top + 8, "H", -left - 7)
    return group(
        box(left, top, width=place.width, height=place.height, rx=1.5, fill=place.paper),
        el("path", d=rule, stroke=ink.QUIET_INK, stroke_width=0.8),
        rose_mark.mark_at((0, top + 13 + mark / 2), mark) if mark else "",
        *lines,
        _text(size, foot, size=min(10, text * 0.72), fill=ink.QUIET_INK) if size else "",
        transform=ink.turn(place.tilt, (place.x, place.y)),
        text_anchor="middle",
        font_family=ink.SERIF,
        fill=ink.INK,
    )


def _text(words: str, y: float, *, size: float, fill: str | None = None) -> str:
    return el("text", escape(words), y=y, font_size=size, fill=fill)


def thread(start: Point, end: Point, *, sag: float = 10) -> str:
    """Return the thread of a tag."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + sag)
    return el(
        "path",
        d=ink.path("M", *start, "Q", *middle, *end),
        fill="none",
        stroke=ink.ROSE,
        stroke_width=1.2,
    )
