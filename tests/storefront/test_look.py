"""The colours of the house: each pair that is read stands out enough, by day and by night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "storefront" / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
DAY, NIGHT = TOKENS.split("@media (prefers-color-scheme: dark)")
READABLE = 4.5  # WCAG 2.2, 1.4.3: text of any size
STATES = ("leaf", "amber", "brick", "sky", "rose")
READ_ON_GROUNDS = ("ink", "quiet", "rose", "leaf", "amber", "brick", "sky")


def colours(text: str) -> dict[str, str]:
    """Return the colours that a theme names."""
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})\b", text))


THEMES = {"day": colours(DAY), "night": colours(NIGHT)}
PAIRS = [
    *((text, ground) for text in READ_ON_GROUNDS for ground in ("paper", "sheet")),
    *((state, f"{state}-tint") for state in STATES),
    *(("ink", f"{state}-tint") for state in STATES),
    ("on-rose", "rose"),
    ("quiet", "ground"),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_others_do() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_what_is_read_stands_out(theme: str, text: str, ground: str) -> None:
    named = THEMES[theme]
    assert contrast(named[text], named[ground]) >= READABLE


def test_both_themes_name_the_same_colours() -> None:
    assert THEMES["day"].keys() == THEMES["night"].keys()


def test_the_tokens_are_the_houses() -> None:
    assert (THEMES["day"]["paper"], THEMES["day"]["rose"]) == ("#fbf8f4", "#b4174f")
    assert (THEMES["night"]["paper"], THEMES["night"]["rose"]) == ("#171315", "#ff7fa6")


@pytest.mark.parametrize(
    "sheet", sorted(path.name for path in CSS.glob("*.css") if path.name != "tokens.css")
)
def test_a_colour_is_named_once(sheet: str) -> None:
    assert HEX.findall((CSS / sheet).read_text(encoding="utf-8")) == []
