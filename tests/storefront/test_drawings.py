"""Drawings may stand in any page: well-formed, harmless, small, and always the same."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from storefront.drawings import faces, hair, plates, rose, rose_mark
from storefront.drawings.__main__ import STATIC, files
from storefront.drawings.faces import Face, face
from storefront.drawings.ink import Chance, UnknownDrawing
from storefront.drawings.plates import Plate, plate

MOST_BYTES = 9_000
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {
    SVG + name
    for name in ("svg", "g", "path", "rect", "circle", "ellipse", "text", "title", "symbol")
} | {
    "symbol",
    "path",
}
FORBIDDEN = re.compile(r"^(style|class|src|.*href|on.*)$")
NASTY = '<b>&"nước"</b>'


def a_plate(vessel: str = "bottle", plant: str = "rose", *words: str) -> Plate:
    return Plate(
        vessel=vessel,
        plant=plant,
        ground="blush",
        glass="#CF6F8C",
        cap="#F5F0E2",
        bloom="#C2476F",
        words=words or ("nước", "hoa hồng"),
        size="200 ml",
    )


def every_drawing() -> Iterator[tuple[str, str]]:
    for vessel in plates.VESSELS:
        yield vessel, plate(a_plate(vessel))
    for plant in plates.PLANTS:
        yield plant, plate(a_plate("jar", plant))
        yield f"{plant} beside", plate(a_plate("bottle", plant), title="Một chai")
    for style in hair.STYLES:
        yield style, face(Face(style=style))
    for collar in faces.COLLARS:
        yield collar, face(Face(collar=collar, glasses=True, open_eyes=True, beard=True))
    yield "pressed rose", rose.pressed_rose()
    yield "mark", rose.mark()
    yield "symbol", rose.symbol()
    yield "favicon", rose.favicon()
    yield "blank favicon", rose.favicon(blank=True)


EVERY = list(every_drawing())
each = pytest.mark.parametrize("svg", [svg for _, svg in EVERY], ids=[name for name, _ in EVERY])


@each
def test_a_drawing_is_well_formed_and_holds_nothing_that_acts_or_refers(svg: str) -> None:
    for element in ET.fromstring(svg).iter():  # noqa: S314  # reason: our own text
        assert element.tag in ELEMENTS
        for name, value in element.attrib.items():
            assert not FORBIDDEN.match(name)
            assert "url(" not in value
            assert "javascript" not in value


@each
def test_a_drawing_is_small_enough_to_send_with_a_page(svg: str) -> None:
    assert len(gzip.compress(svg.encode(), mtime=0)) <= MOST_BYTES


@each
def test_numbers_in_a_drawing_have_one_decimal(svg: str) -> None:
    found = re.findall(r' (?:d|x|y|cx|cy|r|rx|ry|width|height)="([^"]*)"', svg)
    ours = [value for value in found if value not in rose_mark.MARK_PATH]
    assert not re.search(r"\d\.\d\d", " ".join(ours))


def test_the_same_parameters_give_the_same_drawing() -> None:
    assert [svg for _, svg in every_drawing()] == [svg for _, svg in EVERY]


def test_another_seed_gives_other_petals() -> None:
    assert rose.pressed_rose(seed="one") != rose.pressed_rose(seed="two")


def test_chance_is_the_same_on_every_machine() -> None:
    chance = Chance("hoa")
    assert [round(chance.between(0, 100)) for _ in range(4)] == [8, 31, 73, 22]


@pytest.mark.parametrize("vessel", plates.VESSELS)
def test_words_on_a_label_stay_words(vessel: str) -> None:
    svg = plate(a_plate(vessel, "rose", NASTY), title=NASTY)
    tree = ET.fromstring(svg)  # noqa: S314  # reason: our own text
    assert NASTY in [text.text for text in tree.iter(SVG + "text")]
    assert tree.findtext(SVG + "title") == NASTY
    assert tree.find(f".//{SVG}b") is None


@pytest.mark.parametrize("vessel", plates.VESSELS)
def test_a_long_word_is_written_smaller_to_fit_its_label(vessel: str) -> None:
    def sizes(*words: str) -> list[float]:
        tree = ET.fromstring(plate(a_plate(vessel, "rose", *words)))  # noqa: S314  # reason: our own text
        return [float(text.attrib["font-size"]) for text in tree.iter(SVG + "text")]

    assert sizes("phấn gạo lứt đỏ")[0] < sizes("phấn")[0]


@pytest.mark.parametrize("part", ["vessel", "plant", "ground"])
def test_a_plate_of_an_unknown_name_is_refused_and_the_names_are_told(part: str) -> None:
    values = {"vessel": "jar", "plant": "rose", "ground": "blush", part: "barrel"}
    with pytest.raises(UnknownDrawing, match=r"'barrel' is none of .*(jar|rose|blush)"):
        Plate(**values, glass="#000000", cap="#000000", bloom="#000000", words=())


@pytest.mark.parametrize("part", ["skin", "style", "collar"])
def test_a_face_of_an_unknown_name_is_refused(part: str) -> None:
    values = {"skin": "sand", "style": "bob", "collar": "v", part: "paper"}
    with pytest.raises(UnknownDrawing, match="'paper' is none of"):
        Face(skin=values["skin"], style=values["style"], collar=values["collar"])


def test_who_cannot_see_a_drawing_is_told_its_title_or_nothing() -> None:
    assert "<title>Linh Đan</title>" in face(Face(), title="Linh Đan")
    assert 'aria-hidden="true"' in face(Face())


def test_the_static_drawings_are_as_they_are_drawn() -> None:
    for name, drawn in files().items():
        assert (STATIC / name).read_text(encoding="utf-8") == drawn, "python -m storefront.drawings"
