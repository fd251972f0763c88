"""Vessels of paper, tin, clay and wood: tins, caddies, pouches, boxes, soap, cups, candles."""

from __future__ import annotations

from storefront.drawings import ink
from storefront.drawings.ink import el, group, window
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
    thread,
    turned,
)


def tin(tones: Tones) -> Vessel:
    """Return a flat round tin, its lid leaning behind it."""
    body = turned((96, 376), (96, FOOT), corner=12)
    lid = group(
        el("circle", cx=214, cy=320, r=92, fill=ink.darker(tones.cap, 0.12)),
        el("circle", cx=208, cy=318, r=90, fill=tones.cap),
        el(
            "circle",
            cx=208,
            cy=318,
            r=80,
            fill="none",
            stroke=ink.darker(tones.cap, 0.3),
            stroke_opacity=0.5,
        ),
    )
    art = group(
        lid,
        shaded(body, tones.glass, half=96),
        box(104, 376, width=192, height=9, rx=4, fill=ink.lighter(tones.glass, 0.3)),
        gleam(116, 394, height=28, width=7, opacity=0.4),
    )
    return Vessel(art, Label(206, 310, 104, 96), top=226, foot=116)


def caddy(tones: Tones) -> Vessel:
    """Return a tall tea caddy with a deep lid."""
    d = turned((70, 226), (70, FOOT), corner=8)
    band = box(MIDDLE - 70, 404, width=140, height=6, fill=ink.lighter(tones.glass, 0.35))
    art = group(
        shaded(d, tones.glass, half=70),
        group(band, fill_opacity=0.6),
        gleam(140, 236, height=176, width=8, opacity=0.32),
        shaded(turned((72, 176), (72, 232), corner=2, crown=12), tones.cap, half=72),
        cap(18, 162, bottom=178, colour=tones.cap, ribs=0, rx=5),
        el("path", d=ink.path("M", 128, 220, "H", 272), stroke=ink.INK, stroke_opacity=0.22),
        gleam(140, 186, height=28, width=7, opacity=0.3),
    )
    return Vessel(art, Label(200, 318, 104, 140), top=162, foot=106)


def pouch(tones: Tones) -> Vessel:
    """Return a paper pouch, folded over and held by a wooden peg."""
    side = ink.path(
        *("M", 132, 178, "H", 268, "L", 280, 408, "Q", 281, FOOT, 260, FOOT, "H", 140),
        *("Q", 119, FOOT, 120, 408, "Z"),
    )
    creases = ink.path("M", 142, 214, "L", 136, 392, "M", 258, 214, "L", 264, 392)
    grain = ink.path("M", 148, 420, "Q", 200, 404, 252, 420)
    fold = ink.path("M", 130, 146, "H", 270, "V", 190, "Q", 200, 196, 130, 190, "Z")
    art = group(
        shaded(side, tones.glass, half=84),
        el("path", d=creases, stroke=ink.INK, stroke_opacity=0.14, fill="none"),
        el("path", d=grain, stroke=ink.INK, stroke_opacity=0.16, fill="none"),
        el("path", d=fold, fill=ink.lighter(tones.glass, 0.14)),
        el(
            "path",
            d=ink.path("M", 130, 190, "Q", 200, 196, 270, 190),
            stroke=ink.INK,
            stroke_opacity=0.2,
            stroke_width=2,
            fill="none",
        ),
        box(188, 128, width=11, height=56, rx=3, fill=tones.cap),
        box(201, 128, width=11, height=56, rx=3, fill=ink.darker(tones.cap, 0.12)),
        box(186, 150, width=28, height=4, fill="#A59B94"),
    )
    return Vessel(art, Label(200, 310, 104, 146), top=128, foot=112)


def soap(tones: Tones) -> Vessel:
    """Return two bars of soap, the upper one in its paper band."""
    low = turned((100, 372), (104, FOOT), corner=18, crown=14)
    high = turned((92, 292), (94, 376), corner=18, crown=18)
    flecks = [
        el("circle", cx=118 + 53 * place % 170, cy=386 + 17 * place % 36, r=1.6)
        for place in range(9)
    ]
    art = group(
        shaded(low, ink.darker(tones.glass, 0.06), half=104),
        group(*flecks, fill=tones.cap, fill_opacity=0.7),
        shaded(high, tones.glass, half=94),
        gleam(114, 302, height=8, width=36, opacity=0.5),
        box(152, 291, width=96, height=85, fill=tones.cap),
        box(236, 291, width=12, height=85, fill=ink.darker(tones.cap, 0.14)),
    )
    return Vessel(art, Label(194, 334, 78, 66, marked=False), top=290, foot=122)


def carton(tones: Tones) -> Vessel:
    """Return a tall folding box seen from a corner."""
    front = box(128, 190, width=108, height=FOOT - 190, fill=tones.glass)
    side = ink.path("M", 236, 190, "L", 282, 176, "V", 418, "L", 236, FOOT, "Z")
    lid = ink.path("M", 128, 190, "L", 176, 176, "H", 282, "L", 236, 190, "Z")
    art = group(
        front,
        el("path", d=side, fill=ink.darker(tones.glass, 0.2)),
        el("path", d=lid, fill=ink.lighter(tones.glass, 0.28)),
        box(128, 404, width=108, height=10, fill=tones.cap),
        el(
            "path",
            d=ink.path("M", 236, 404, "L", 282, 390, "V", 400, "L", 236, 414, "Z"),
            fill=ink.darker(tones.cap, 0.2),
        ),
    )
    return Vessel(art, Label(182, 296, 88, 140), top=176, foot=108)


def giftbox(tones: Tones) -> Vessel:
    """Return a broad gift box with a ribbon and a tag."""
    body = turned((112, 320), (112, FOOT), corner=4)
    bow = ink.path(
        *("M", 232, 284, "C", 200, 232, 168, 250, 178, 272, "C", 184, 284, 210, 284, 232, 284),
        *("C", 264, 232, 296, 250, 286, 272, "C", 280, 284, 254, 284, 232, 284, "Z"),
    )
    tails = ink.path("M", 230, 284, "L", 208, 312, "M", 234, 284, "L", 260, 312)
    art = group(
        shaded(body, tones.glass, half=112),
        shaded(turned((118, 284), (118, 330), corner=3), ink.lighter(tones.glass, 0.14), half=118),
        box(220, 284, width=24, height=FOOT - 284, fill=tones.cap),
        el("path", d=tails, stroke=tones.cap, stroke_width=7, stroke_linecap="round"),
        el("path", d=bow, fill=tones.cap, stroke=ink.darker(tones.cap, 0.25)),
        el("circle", cx=232, cy=280, r=9, fill=ink.darker(tones.cap, 0.14)),
    )
    return Vessel(art, Label(152, 378, 100, 82, marked=False), top=240, foot=136)


def teapot(tones: Tones) -> Vessel:
    """Return a round teapot with a tag at its handle."""
    body = ink.path(
        *("M", 146, 296, "C", 104, 312, 96, 396, 132, FOOT, "H", 244),
        *("C", 280, 396, 272, 312, 230, 296, "Z"),
    )
    spout = ink.path(
        *("M", 256, 392, "C", 300, 390, 292, 326, 326, 306, "L", 312, 298, "C", 278, 312, 280, 346),
        *(254, 338, "Z"),
    )
    handle = ink.path("M", 122, 322, "C", 52, 300, 54, 398, 118, 398)
    lid = ink.path("M", 140, 298, "C", 150, 262, 226, 262, 236, 298, "Z")
    art = group(
        el("path", d=handle, fill="none", stroke=ink.darker(tones.glass, 0.1), stroke_width=11),
        el("path", d=spout, fill=ink.darker(tones.glass, 0.16)),
        shaded(body, tones.glass, half=60),
        el("path", d=lid, fill=tones.cap),
        el("circle", cx=188, cy=264, r=10, fill=ink.darker(tones.cap, 0.1)),
        el("path", d=ink.path("M", 136, 298, "H", 240), stroke=ink.INK, stroke_opacity=0.25),
        gleam(124, 330, height=62, width=9, opacity=0.36),
    )
    return Vessel(art, Label(186, 366, 84, 78, marked=False), top=254, foot=134)


def cup(tones: Tones) -> Vessel:
    """Return a cup of tea on its saucer, steam over it, a paper tag on a thread."""
    bowl = ink.path(
        *("M", 122, 290, "H", 262, "C", 262, 352, 246, 398, 222, 416, "H", 162),
        *("C", 138, 398, 122, 352, 122, 290, "Z"),
    )
    handle = ink.path("M", 126, 310, "C", 76, 300, 82, 372, 142, 374)
    steam = ink.path(
        *("M", 176, 268, "C", 162, 248, 192, 236, 178, 212),
        *("M", 210, 268, "C", 196, 244, 228, 230, 212, 202),
    )
    art = group(
        el("path", d=steam, fill="none", stroke=ink.WHITE, stroke_width=4, stroke_opacity=0.55),
        el("ellipse", cx=194, cy=420, rx=116, ry=13, fill=ink.darker(tones.glass, 0.16)),
        el("ellipse", cx=194, cy=416, rx=116, ry=12, fill=ink.lighter(tones.glass, 0.2)),
        el("path", d=handle, fill="none", stroke=ink.darker(tones.glass, 0.08), stroke_width=10),
        shaded(bowl, tones.glass, half=52),
        el("ellipse", cx=192, cy=290, rx=70, ry=12, fill=ink.lighter(tones.glass, 0.4)),
        el("ellipse", cx=192, cy=292, rx=62, ry=8.5, fill=tones.cap),
        gleam(140, 312, height=50, width=8, opacity=0.4),
        thread((240, 296), (284, 352), sag=22),
    )
    return Vessel(art, Label(286, 386, 74, 74, marked=False, tilt=-4), top=268, foot=124)


def candle(tones: Tones) -> Vessel:
    """Return a candle in a glass, burning."""
    d = turned((66, 268), (66, FOOT), corner=16)
    flame = ink.path(
        *("M", 200, 214, "C", 184, 238, 188, 252, 200, 254, "C", 212, 252, 216, 238, 200, 214, "Z")
    )
    art = group(
        el("circle", cx=200, cy=236, r=44, fill="#F6D27A", fill_opacity=0.22),
        el("path", d=ink.path("M", 200, 252, "V", 292), stroke=ink.INK, stroke_width=2),
        el("path", d=flame, fill="#E8A93A"),
        el("ellipse", cx=200, cy=246, rx=5, ry=7, fill="#FBE7B0"),
        el(
            "path",
            d=d,
            fill=ink.WHITE,
            fill_opacity=0.5,
            stroke=ink.darker(tones.glass, 0.1),
            stroke_opacity=0.3,
        ),
        window(0, 288, shaded(d, tones.glass, half=66), width=400, height=200),
        el("ellipse", cx=200, cy=288, rx=66, ry=8, fill=ink.lighter(tones.glass, 0.3)),
        gleam(142, 284, height=130, width=8),
        box(MIDDLE - 66, 267, width=132, height=2, fill=tones.cap, rx=1),
    )
    return Vessel(art, Label(200, 362, 92, 104), top=214, foot=98)


def brush(tones: Tones) -> Vessel:
    """Return a wooden brush that stands on its handle, with a paper tag."""
    handle = turned((13, 258), (19, 330), (15, FOOT), corner=9)
    back = ink.path(
        *("M", 176, 262, "C", 132, 250, 132, 112, 200, 108, "C", 268, 112, 268, 250, 224, 262, "Z")
    )
    bristles = [
        el("circle", cx=200 + across * 20, cy=186 + along * 18, r=6)
        for along in range(-3, 4)
        for across in (-2, -1, 0, 1, 2)
        if (across / 2.4) ** 2 + (along / 3.4) ** 2 < 1
    ]
    art = group(
        shaded(handle, tones.glass, half=19),
        shaded(back, tones.glass, half=58),
        el("ellipse", cx=200, cy=186, rx=53, ry=68, fill=ink.lighter(tones.glass, 0.4)),
        group(*bristles, fill=tones.cap),
        gleam(190, 280, height=120, width=5, opacity=0.35),
        thread((206, 300), (262, 326), sag=16),
    )
    return Vessel(art, Label(268, 368, 84, 90, marked=False, tilt=5), top=108, foot=66)


def cloth(tones: Tones) -> Vessel:
    """Return folded cloths tied with a ribbon."""
    folds = [
        group(
            box(94, 394 - 38 * place, width=212, height=40, rx=17, fill=tone),
            box(94, 416 - 38 * place, width=212, height=18, rx=9, fill=ink.darker(tone, 0.08)),
        )
        for place, tone in enumerate(ink.lighter(tones.glass, 0.16 * row) for row in range(4))
    ]
    seams = ink.path(
        *(part for place in range(4) for part in ("M", 112, 414 - 38 * place, "H", 288))
    )
    art = group(
        *folds,
        el("path", d=seams, stroke=ink.INK, stroke_opacity=0.13, stroke_dasharray="4 3"),
        box(248, 279, width=14, height=FOOT - 277, fill=tones.cap),
        thread((255, 300), (214, 330), sag=6),
    )
    return Vessel(art, Label(174, 350, 96, 92, marked=False, tilt=-2), top=278, foot=126)
