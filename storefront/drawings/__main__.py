"""Writes the drawings that are static files: ``python -m storefront.drawings``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from storefront.drawings import rose

STATIC = Path(__file__).resolve().parent.parent / "static"


def files() -> Mapping[str, str]:
    """Return the static drawings by their file names."""
    return {"rose.svg": rose.favicon(), "pressed-rose.svg": rose.pressed_rose()}


if __name__ == "__main__":
    for name, drawn in files().items():
        (STATIC / name).write_text(drawn, encoding="utf-8")
