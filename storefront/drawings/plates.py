"""Botanical plates: a product on a quiet ground, a pressed flower behind it; 400 by 500 units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from storefront.drawings import flowers, glassware, ink, papers, sprays, turning
from storefront.drawings.flowers import Spot
from storefront.drawings.ink import Chance, UnknownDrawing, el
from storefront.drawings.turning import Tones, Vessel

WIDTH, HEIGHT = 400, 500
SHELF = 392
_TALL = 220  # a vessel whose top is higher has its flower beside it, not above it

VESSELS: Mapping[str, Callable[[Tones], Vessel]] = {
    draw.__name__: draw
    for draw in (
        *(glassware.bottle, glassware.dropper, glassware.pump, glassware.mist, glassware.jar),
        *(glassware.tall_jar, glassware.tube, glassware.stick, glassware.roller),
        *(papers.tin, papers.caddy, papers.pouch, papers.soap, papers.carton, papers.giftbox),
        *(papers.teapot, papers.cup, papers.candle, papers.brush, papers.cloth),
    )
}
PLANTS: Mapping[str, Callable[[Spot], str]] = {
    draw.__name__: draw
    for draw in (
        *(flowers.rose, flowers.chrysanthemum, flowers.lotus, flowers.hibiscus, flowers.jasmine),
        *(flowers.osmanthus, flowers.pomelo, sprays.rice, sprays.ginger, sprays.pandan),
        *(sprays.lemongrass, sprays.tea, sprays.pennywort),
    )
}
# Each ground, and the shelf that belongs to it.
GROUNDS: Mapping[str, tuple[str, str]] = {
    "blush": ("#F3E3E2", "#E9D4D3"),
    "straw": ("#F5EAD7", "#E9DCC1"),
    "rice": ("#F1EAD6", "#E3D9BC"),
    "leaf": ("#E8EEE2", "#D7E0CE"),
    "mist": ("#E4EBEE", "#D2DDE2"),
    "linen": ("#F0E6DD", "#E2D4C8"),
    "lilac": ("#ECE4EC", "#DCD0DD"),
    "clay": ("#F2E0D3", "#E5CDBC"),
}


@dataclass(frozen=True, kw_only=True)
class Plate:
    """What a plate shows.

    `vessel`, `plant` and `ground` are names of VESSELS, PLANTS and GROUNDS; `glass` (the vessel),
    `cap` (its lid) and `bloom` (the plant) are colours as #RRGGBB; `words` are the lines of the
    label, `size` the line below them. Plates with another `seed` have other petals.
    """

    vessel: str
    plant: str
    ground: str
    glass: str
    cap: str
    bloom: str
    words: tuple[str, ...]
    size: str = ""
    seed: str = "plate"

    def __post_init__(self) -> None:
        known: tuple[tuple[str, Mapping[str, object]], ...] = (
            (self.vessel, VESSELS),
            (self.plant, PLANTS),
            (self.ground, GROUNDS),
        )
        for name, names in known:
            if name not in names:
                raise UnknownDrawing(f"{name!r} is none of {', '.join(names)}")


def plate(what: Plate, *, title: str = "") -> str:
    """Return a product's plate as one SVG of 400 by 500 units; `title` is told, not shown."""
    ground, shelf = GROUNDS[what.ground]
    vessel = VESSELS[what.vessel](Tones(what.glass, what.cap))
    return ink.drawing(
        WIDTH,
        HEIGHT,
        turning.box(0, 0, width=WIDTH, height=HEIGHT, fill=ground),
        turning.box(0, SHELF, width=WIDTH, height=HEIGHT - SHELF, fill=shelf),
        PLANTS[what.plant](_spot(what, vessel)),
        el(
            "ellipse",
            cx=turning.MIDDLE + 4,
            cy=turning.FOOT,
            rx=vessel.foot,
            ry=11,
            fill=ink.darker(shelf, 0.8),
            fill_opacity=0.26,
        ),
        vessel.art,
        turning.label(vessel.label, what.words, what.size),
        title=title,
    )


def _spot(what: Plate, vessel: Vessel) -> Spot:
    """Return where the plant lies: beside a tall vessel, above a low one."""
    chance = Chance(f"{what.seed}/{what.plant}")
    tall = vessel.top < _TALL
    x, y, reach = (278, 140, 104) if tall else (236, min(160, vessel.top - 92), 122)
    return Spot(
        x + chance.around(0, 5),
        y + chance.around(0, 5),
        reach,
        (216 if tall else 210, vessel.label.y),
        what.bloom,
        chance,
    )
