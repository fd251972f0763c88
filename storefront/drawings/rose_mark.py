"""The house's mark: a rose in one stroke, on a square of 24 units."""

from __future__ import annotations

from storefront.drawings import ink
from storefront.drawings.ink import Point, el

# The bloom winds inwards; then the stem; then the leaf.
MARK_PATH = (
    "M12 14.5c-3.6 0-6-2.3-6-5.4C6 5.9 8.6 3.5 12 3.5s6 2.1 6 4.9-2 4.7-4.5 4.7-4-1.6-4-3.5 "
    "1.3-3.1 2.9-3.1 2.6 1 2.6 2.3-.9 2-1.9 2"
    "M12 14.5V21"
    "M12 18.5c.3-2.3 2-3.5 5-3.3-.2 2.6-2 3.9-5 3.3z"
)
GRID = 24


def stroke(colour: str = "currentColor", *, width: float = 1.8) -> str:
    """Return the mark's path, stroked, in its own 24 units."""
    return el(
        "path",
        d=MARK_PATH,
        fill="none",
        stroke=colour,
        stroke_width=width,
        stroke_linecap="round",
        stroke_linejoin="round",
    )


def mark_at(middle: Point, size: float, *, colour: str = ink.ROSE) -> str:
    """Return the mark as a part of a drawing, about a point, as large as `size`."""
    x, y = middle[0] - size / 2, middle[1] - size / 2
    scale = f"{size / GRID:.3f}".rstrip("0").rstrip(".")
    return el(
        "g", stroke(colour), transform=f"translate({ink.number(x)} {ink.number(y)})scale({scale})"
    )
