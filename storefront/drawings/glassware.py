"""Vessels of glass and plastic: bottles, jars, tubes, pumps, sticks."""

from __future__ import annotations

from storefront.drawings import ink
from storefront.drawings.ink import el, group
from storefront.drawings.turning import (
    FOOT,
    MIDDLE,
    Label,
    Tones,
    Vessel,
    box,
    cap,
    gleam,
    shaded,
    turned,
)


def bottle(tones: Tones) -> Vessel:
    """Return a round-shouldered bottle with a ribbed cap."""
    d = turned((28, 148), (28, 168), (68, 226), (68, FOOT))
    art = group(
        shaded(d, tones.glass, half=68, level=248),
        gleam(140, 206, height=206),
        cap(36, 94, bottom=154, colour=tones.cap),
    )
    return Vessel(art, Label(200, 330, 92, 132), top=94, foot=104)


def dropper(tones: Tones) -> Vessel:
    """Return a dropper bottle with a rubber bulb, its pipette seen through the glass."""
    d = turned((22, 214), (22, 226), (60, 262), (60, FOOT))
    pipette = box(196, 214, width=8, height=150, rx=4, fill=ink.lighter(tones.glass, 0.45))
    art = group(
        shaded(d, tones.glass, half=60, level=278),
        group(pipette, fill_opacity=0.6),
        gleam(149, 270, height=146, width=8),
        cap(26, 166, bottom=218, colour=tones.cap, ribs=5, rx=4),
        shaded(
            turned((14, 92), (14, 130), (19, 166), corner=2, crown=13),
            ink.darker(tones.cap, 0.12),
            half=17,
        ),
        gleam(189, 102, height=48, width=5, opacity=0.35),
    )
    return Vessel(art, Label(200, 350, 84, 116), top=92, foot=92)


def pump(tones: Tones) -> Vessel:
    """Return a pump bottle."""
    d = turned((30, 196), (66, 222), (66, FOOT), corner=16)
    spout = ink.path(
        *("M", 186, 112, "H", 214, "V", 128, "H", 182, "L", 140, 134, "Q", 130, 135),
        *(130, 142, "V", 148, "H", 122, "V", 140, "Q", 122, 124, 136, 120, "Z"),
    )
    art = group(
        box(194, 126, width=12, height=40, fill=ink.darker(tones.cap, 0.1)),
        el("path", d=spout, fill=tones.cap),
        shaded(d, tones.glass, half=66),
        gleam(143, 228, height=186),
        cap(32, 158, bottom=200, colour=tones.cap, ribs=2, rx=4),
        cap(18, 140, bottom=160, colour=tones.cap, ribs=0, rx=3),
    )
    return Vessel(art, Label(200, 330, 92, 136), top=112, foot=100)


def mist(tones: Tones) -> Vessel:
    """Return a slim spray bottle with a clear cap over its nozzle."""
    d = turned((24, 190), (50, 214), (50, FOOT), corner=12)
    art = group(
        box(190, 138, width=20, height=30, rx=3, fill=tones.cap),
        el("circle", cx=192, cy=150, r=2.5, fill=ink.darker(tones.cap, 0.5)),
        cap(24, 166, bottom=196, colour=tones.cap, ribs=2, rx=3),
        el(
            "path",
            d=turned((29, 102), (29, 192), corner=3, crown=12),
            fill=ink.WHITE,
            fill_opacity=0.42,
            stroke=ink.darker(tones.glass, 0.1),
            stroke_opacity=0.35,
        ),
        gleam(178, 116, height=66, width=5),
        shaded(d, tones.glass, half=50, level=262),
        gleam(158, 226, height=190, width=7),
    )
    return Vessel(art, Label(200, 340, 72, 124), top=102, foot=78)


def jar(tones: Tones) -> Vessel:
    """Return a low jar with a broad ribbed lid."""
    d = turned((84, 306), (92, 328), (92, FOOT), corner=20)
    art = group(
        shaded(d, tones.glass, half=92),
        gleam(118, 328, height=88, width=9, opacity=0.4),
        cap(100, 260, bottom=316, colour=tones.cap, ribs=4, rx=8),
    )
    return Vessel(art, Label(192, 374, 120, 84, marked=False), top=260, foot=116)


def tall_jar(tones: Tones) -> Vessel:
    """Return a tall jar with a wooden or metal lid."""
    d = turned((64, 228), (76, 250), (76, FOOT), corner=18)
    art = group(
        shaded(d, tones.glass, half=76, level=282),
        gleam(136, 254, height=160),
        cap(68, 188, bottom=236, colour=tones.cap, ribs=1, rx=5),
    )
    return Vessel(art, Label(200, 346, 104, 124), top=188, foot=108)


def tube(tones: Tones) -> Vessel:
    """Return a tube that stands on its cap, its seam at the top."""
    d = turned((64, 128), (60, 176), (46, 382), corner=3)
    seam = box(134, 114, width=132, height=20, rx=2, fill=ink.darker(tones.glass, 0.1))
    pleats = ink.path(*(part for x in range(144, 262, 8) for part in ("M", x, 116, "V", 132)))
    art = group(
        shaded(d, tones.glass, half=60),
        gleam(150, 146, height=222, width=8, opacity=0.42),
        seam,
        el("path", d=pleats, stroke=ink.INK, stroke_opacity=0.16),
        cap(44, 378, bottom=FOOT, colour=tones.cap, ribs=2, rx=5),
    )
    return Vessel(art, Label(200, 268, 80, 132), top=114, foot=84)


def stick(tones: Tones) -> Vessel:
    """Return a lip stick, open, its cap beside it."""
    tip = ink.path(
        *("M", 152, 290, "V", 236, "Q", 154, 214, 176, 208, "Q", 188, 208, 188, 226, "V", 290, "Z")
    )
    lid = turned((30, 290), (30, FOOT), corner=7, crown=14)
    art = group(
        el("path", d=tip, fill=tones.glass),
        el(
            "path",
            d=ink.path("M", 152, 240, "Q", 156, 216, 176, 208, "Q", 166, 232, 152, 240, "Z"),
            fill=ink.WHITE,
            fill_opacity=0.3,
        ),
        box(146, 276, width=48, height=50, rx=3, fill="#D9B98A"),
        box(152, 276, width=6, height=50, fill="#EBD6B2"),
        box(136, 318, width=68, height=FOOT - 318, rx=5, fill=tones.cap),
        box(190, 318, width=14, height=FOOT - 318, rx=4, fill=ink.darker(tones.cap, 0.16)),
        group(shaded(lid, tones.cap, half=30), transform=ink.turn(0, (52, 0))),
        gleam(230, 306, height=112, width=6, opacity=0.3),
    )
    return Vessel(art, Label(169, 382, 58, 84, marked=False), top=208, foot=112)


def roller(tones: Tones) -> Vessel:
    """Return a small roll-on bottle."""
    d = turned((30, 266), (36, 280), (36, FOOT), corner=9)
    art = group(
        shaded(d, tones.glass, half=36, level=296),
        gleam(170, 286, height=132, width=6),
        cap(34, 178, bottom=270, colour=tones.cap, ribs=0, rx=7),
        gleam(174, 188, height=70, width=5, opacity=0.3),
        box(MIDDLE - 34, 258, width=68, height=6, fill="#D9B98A"),
    )
    return Vessel(art, Label(200, 362, 60, 106, marked=False), top=178, foot=62)
