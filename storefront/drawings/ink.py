"""How drawings are written: elements, numbers, paths, colours, and repeatable chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from zlib import crc32

Point = tuple[float, float]
Attribute = str | float

SERIF = "ui-serif, Noto Serif, Georgia, serif"
INK = "#231A1D"
QUIET_INK = "#6A5A5F"
ROSE = "#B4174F"
LEAF = "#6F8568"
LABEL = "#FBF7EA"
WHITE = "#FFFFFF"
_COARSE = 100


class UnknownDrawing(ValueError):
    """A drawing is asked for by a name that none has."""


class Chance:
    """Numbers that look thrown and are the same for the same seed, on every machine."""

    def __init__(self, seed: str) -> None:
        self._state = crc32(seed.encode())

    def between(self, low: float, high: float) -> float:
        """Return the next number from low up to high."""
        self._state = (self._state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        return low + (high - low) * self._state / 0x1_0000_0000

    def around(self, middle: float, reach: float) -> float:
        """Return the next number no farther than `reach` from the middle."""
        return self.between(middle - reach, middle + reach)


def number(value: float) -> str:
    """Return a number as SVG has it: at most one decimal, no needless zeros.

    A picture is 400 wide and shown smaller: tenths count near an origin, not beyond a hundred.
    """
    text = f"{value:.1f}".removesuffix(".0") if abs(value) < _COARSE else f"{value:.0f}"
    if text.startswith(("0.", "-0.")):
        text = text.replace("0.", ".", 1)
    return "0" if text == "-0" else text


def el(name: str, *inside: str, **attributes: Attribute | None) -> str:
    """Return one element; `fill_opacity` becomes fill-opacity, and what is None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value, key)}"'
        for key, value in attributes.items()
        if value is not None
    )
    content = "".join(inside)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _value(value: Attribute, key: str) -> str:
    if isinstance(value, str):
        return escape(value)
    # An opacity of 0.18 is not one of 0.2.
    return f"{value:.2f}".strip("0").rstrip(".") or "0" if "opacity" in key else number(value)


def drawing(width: float, height: float, *inside: str, title: str = "") -> str:
    """Return a whole SVG of a size in its own units, with a title when it has one to tell."""
    named = [el("title", escape(title))] if title else []
    return el(
        "svg",
        *named,
        *inside,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        # The picture's own text is part of the picture.
        aria_hidden=None if title else "true",
    )


def group(*inside: str, **attributes: Attribute | None) -> str:
    """Return elements that share attributes."""
    return el("g", *inside, **attributes)


def window(x: float, y: float, *inside: str, width: float, height: float) -> str:
    """Return what of some elements can be seen through a rectangle, in the same coordinates."""
    box = " ".join(number(value) for value in (x, y, width, height))
    return el("svg", *inside, x=x, y=y, width=width, height=height, viewBox=box)


def path(*steps: str | float) -> str:
    """Return the `d` of a path from its letters and numbers."""
    written = ""
    for step in steps:
        text = step if isinstance(step, str) else number(step)
        glued = not written or text[0].isalpha() or written[-1].isalpha() or text[0] == "-"
        written += text if glued else f" {text}"
    return written


def smooth(points: Sequence[Point], *, closed: bool) -> str:
    """Return the `d` of a soft curve through points."""
    count = len(points)

    def at(place: int) -> Point:
        return points[place % count] if closed else points[max(0, min(count - 1, place))]

    steps: list[str | float] = ["M", *points[0]]
    for place in range(count if closed else count - 1):
        before, here, there, after = (at(place + offset) for offset in (-1, 0, 1, 2))
        steps += [
            "C",
            here[0] + (there[0] - before[0]) / 6,
            here[1] + (there[1] - before[1]) / 6,
            there[0] - (after[0] - here[0]) / 6,
            there[1] - (after[1] - here[1]) / 6,
            *there,
        ]
    return path(*steps, *(["Z"] if closed else []))


def turn(degrees: float, about: Point = (0, 0)) -> str:
    """Return the transform that moves the origin to a point and turns about it there."""
    x, y = about
    moved = f"translate({number(x)} {number(y)})" if x or y else ""
    return moved + (f"rotate({number(degrees)})" if degrees else "")


def mix(colour: str, other: str, share: float) -> str:
    """Return a colour with a share (0 to 1) of another in it; both as #RRGGBB."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02X}" for one, two in pairs)


def _channels(colour: str) -> Iterable[int]:
    return (int(colour[place : place + 2], 16) for place in (1, 3, 5))


def lighter(colour: str, share: float) -> str:
    """Return a colour with a share of white in it."""
    return mix(colour, WHITE, share)


def darker(colour: str, share: float) -> str:
    """Return a colour with a share of the house's ink in it."""
    return mix(colour, INK, share)
