"""Portraits: drawn faces of 320 by 400 units, the head in the middle of the centred square."""

from __future__ import annotations

from dataclasses import dataclass

from storefront.drawings import hair, ink
from storefront.drawings.ink import UnknownDrawing, el, group

WIDTH, HEIGHT = 320, 400
SKINS = {
    "porcelain": "#F3D3BC",
    "sand": "#EBBE9B",
    "honey": "#DDA57C",
    "chestnut": "#B97B54",
    "cocoa": "#875338",
}
COLLARS = ("v", "round", "shirt", "aodai")
_LIP = "#B4304F"


@dataclass(frozen=True, kw_only=True)
class Face:
    """What a portrait shows.

    `skin` is a name of SKINS, `style` one of ``hair.STYLES``, `collar` one of COLLARS; `hair`,
    `clothes` and `ground` are colours as #RRGGBB. `open_eyes` look at you; closed ones smile.
    `painted` lips are red.
    """

    skin: str = "sand"
    style: str = "long"
    hair: str = "#2B1D22"
    clothes: str = "#B4174F"
    ground: str = "#EADACF"
    collar: str = "v"
    glasses: bool = False
    open_eyes: bool = False
    beard: bool = False
    painted: bool = True

    def __post_init__(self) -> None:
        for name, names in (
            (self.skin, list(SKINS)),
            (self.style, list(hair.STYLES)),
            (self.collar, list(COLLARS)),
        ):
            if name not in names:
                raise UnknownDrawing(f"{name!r} is none of {', '.join(names)}")


def face(who: Face, *, title: str = "") -> str:
    """Return a portrait as one SVG of 320 by 400 units; `title` is told, not shown."""
    skin = SKINS[who.skin]
    drawn = hair.STYLES[who.style](who.hair)
    slope = ink.path("M", 0, 292, "L", WIDTH, 214, "V", HEIGHT, "H", 0, "Z")
    return ink.drawing(
        WIDTH,
        HEIGHT,
        el("rect", width=WIDTH, height=HEIGHT, fill=who.ground),
        el("path", d=slope, fill=ink.darker(who.ground, 0.07)),
        drawn.behind,
        _shoulders(who, skin),
        _head(skin),
        _beard(who) if who.beard else "",
        _features(who, skin),
        drawn.over,
        _glasses() if who.glasses else "",
        title=title,
    )


def _shoulders(who: Face, skin: str) -> str:
    """Return neck, clothes and collar."""
    body = ink.path(
        *("M", 36, 400, "C", 40, 340, 74, 312, 128, 300, "L", 192, 300),
        *("C", 246, 312, 280, 340, 284, 400, "Z"),
    )
    neck = ink.path(
        *("M", 137, 236, "H", 183, "V", 292, "Q", 184, 304, 200, 308, "Q", 160, 336, 120, 308),
        *("Q", 136, 304, 137, 292, "Z"),
    )
    shade = ink.path("M", 137, 250, "H", 183, "V", 262, "Q", 160, 288, 137, 268, "Z")
    return group(
        el("path", d=body, fill=who.clothes),
        el("path", d=neck, fill=ink.darker(skin, 0.06)),
        el("path", d=shade, fill=ink.darker(skin, 0.22), fill_opacity=0.5),
        _collar(who, skin),
    )


def _collar(who: Face, skin: str) -> str:
    """Return the neckline; a shirt has two points, an ao dai a small standing collar."""
    pale, dark = ink.lighter(who.clothes, 0.26), ink.darker(who.clothes, 0.22)
    if who.collar == "v":
        opening = ink.path(
            "M", 124, 302, "L", 160, 350, "L", 196, 302, "Q", 160, 322, 124, 302, "Z"
        )
        edge = ink.path("M", 123, 310, "L", 160, 358, "L", 197, 310)
        return group(
            el("path", d=opening, fill=ink.darker(skin, 0.06)),
            el("path", d=edge, fill="none", stroke=pale, stroke_width=10),
        )
    if who.collar == "round":
        edge = ink.path("M", 116, 304, "Q", 160, 346, 204, 304)
        return el("path", d=edge, fill="none", stroke=pale, stroke_width=9, stroke_linecap="round")
    if who.collar == "shirt":
        points = ink.path(
            *("M", 130, 296, "L", 160, 326, "L", 136, 344, "L", 116, 304, "Z"),
            *("M", 190, 296, "L", 160, 326, "L", 184, 344, "L", 204, 304, "Z"),
        )
        seam = ink.path("M", 160, 326, "V", 400)
        return group(
            el("path", d=seam, stroke=dark, stroke_width=2),
            el("path", d=points, fill=pale, stroke=dark, stroke_opacity=0.4),
        )
    stand = ink.path(
        "M", 130, 282, "Q", 160, 300, 190, 282, "L", 196, 308, "Q", 160, 330, 124, 308, "Z"
    )
    seam = ink.path("M", 160, 316, "Q", 184, 346, 226, 356)
    return group(
        el("path", d=stand, fill=pale),
        el("path", d=seam, fill="none", stroke=dark, stroke_width=2, stroke_opacity=0.6),
    )


def _head(skin: str) -> str:
    """Return ears and face."""
    shape = ink.path(
        *("M", 108, 176, "C", 106, 132, 130, 112, 160, 112, "C", 190, 112, 214, 132, 212, 176),
        *("C", 211, 218, 190, 258, 160, 258, "C", 130, 258, 109, 218, 108, 176, "Z"),
    )
    ears = [
        el("ellipse", cx=x, cy=194, rx=9, ry=14, fill=ink.darker(skin, 0.08)) for x in (107, 213)
    ]
    return group(*ears, el("path", d=shape, fill=skin))


def _features(who: Face, skin: str) -> str:
    """Return brows, eyes, nose, blush and mouth."""
    line = ink.darker(skin, 0.62)
    brow = ink.mix(who.hair, line, 0.4)
    brows = ink.path("M", 122, 166, "Q", 134, 157, 148, 164, "M", 172, 164, "Q", 186, 157, 198, 166)
    nose = ink.path("M", 161, 186, "Q", 156, 204, 152, 210, "Q", 156, 216, 164, 215)
    upper = "M141 228Q153 224 160 228Q167 224 179 228Q160 235 141 228Z"
    lower = "M142 228.6Q160 252 178 228.6Q160 236 142 228.6Z"
    lip = ink.mix(skin, _LIP, 0.72 if who.painted else 0.3)
    cheeks = [
        el("circle", cx=x, cy=212, r=14, fill=ink.mix(skin, "#E0526A", 0.6), fill_opacity=0.26)
        for x in (126, 194)
    ]
    return group(
        *cheeks,
        el("path", d=brows, stroke=brow, stroke_width=3.2),
        _open_eyes(line) if who.open_eyes else _smiling_eyes(line),
        el("path", d=nose, stroke=ink.darker(skin, 0.42), stroke_width=2.2),
        el("path", d=lower, fill=lip),
        el("path", d=upper, fill=ink.darker(lip, 0.16)),
        fill="none",
        stroke_linecap="round",
        stroke_linejoin="round",
    )


def _smiling_eyes(line: str) -> str:
    lids = ink.path(
        *("M", 122, 188, "Q", 134, 176, 147, 187, "M", 173, 187, "Q", 186, 176, 198, 188),
        *("M", 122, 188, "L", 118, 186, "M", 198, 188, "L", 202, 186),
    )
    return el("path", d=lids, stroke=line, stroke_width=3)


def _open_eyes(line: str) -> str:
    eyes = []
    for x in (135, 185):
        almond = ink.path("M", x - 13, 186, "Q", x, 174, x + 13, 186, "Q", x, 195, x - 13, 186, "Z")
        lid = ink.path("M", x - 13, 186, "Q", x, 174, x + 13, 186)
        eyes += [
            el("path", d=almond, fill="#FFFAF5"),
            el("circle", cx=x, cy=184.6, r=5.4, fill=line),
            el("circle", cx=x + 1.8, cy=182.6, r=1.5, fill=ink.WHITE),
            el("path", d=lid, stroke=line, stroke_width=2.8),
        ]
    return group(*eyes)


def _beard(who: Face) -> str:
    """Return a short beard along the jaw."""
    d = ink.path(
        *("M", 109, 190, "C", 110, 226, 130, 260, 160, 260, "C", 190, 260, 210, 226, 211, 190),
        *(
            "C",
            204,
            214,
            196,
            220,
            180,
            220,
            "Q",
            160,
            214,
            140,
            220,
            "C",
            124,
            220,
            116,
            214,
            109,
            190,
        ),
        "Z",
    )
    return el("path", d=d, fill=who.hair, fill_opacity=0.82)


def _glasses() -> str:
    rims = [el("circle", cx=x, cy=187, r=20) for x in (135, 185)]
    arms = el("path", d="M155 184Q160 180 165 184M115 184L106 180M205 184L214 180")
    glint = el("path", d="M126 180L132 174M176 180L182 174", stroke="#FFFFFF", stroke_opacity=0.7)
    return group(
        group(*rims, fill="#FFFFFF", fill_opacity=0.14),
        arms,
        glint,
        fill="none",
        stroke="#3A2A2E",
        stroke_width=2.6,
        stroke_linecap="round",
    )
