"""The demo's world hangs together: what its files name is there, and can be drawn and read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from storefront.drawings.faces import face
from storefront.drawings.plates import plate
from storefront.world import reading
from storefront.world.reading import Partner, Product, WorldFault

WORLD = reading.world()
SKUS = {product.sku for product in WORLD.products}
KOCS = [partner for partner in WORLD.partners if partner.kind == "koc"]
MOST_SHORT, MOST_LONG = 400, 4_000  # what the shop's columns hold
ASCII_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

each_product = pytest.mark.parametrize("product", WORLD.products, ids=lambda one: one.sku)
each_koc = pytest.mark.parametrize("koc", KOCS, ids=lambda one: one.code)


def every_text() -> Iterator[str]:
    for product in WORLD.products:
        yield from (*product.name.values(), *product.short.values(), *product.description.values())
    for partner in WORLD.partners:
        yield partner.line
        for collection in partner.collections:
            yield from (collection.title, collection.intro, *(one.note for one in collection.items))


def test_the_world_is_as_large_as_a_small_brand() -> None:
    assert 24 <= len(WORLD.products) <= 40
    assert len(KOCS) == 5
    assert len(WORLD.shoppers) == 40
    assert [one.role for one in WORLD.staff] == ["preparer", "approver", "operator", "admin"]
    assert {one.language for one in KOCS} == {"vi", "zh_Hans", "es", "en"}


@pytest.mark.parametrize("key", ["sku", "slug"])
def test_products_are_told_apart(key: str) -> None:
    found = [getattr(product, key) for product in WORLD.products]
    assert len(found) == len(set(found))


@each_product
def test_a_product_costs_something_and_is_in_stock(product: Product) -> None:
    assert product.price_minor > 0
    assert product.price_minor % 1_000 == 0
    assert product.stock > 0
    assert ASCII_SLUG.fullmatch(product.slug)


@each_product
def test_a_product_is_told_in_the_shops_languages_and_named_in_all_four(product: Product) -> None:
    assert list(product.name) == ["vi", "en", "zh_Hans", "es"]
    assert list(product.short) == list(product.description) == ["vi", "en"]
    assert all(
        0 < len(text) <= MOST_SHORT for text in (*product.name.values(), *product.short.values())
    )
    for text in product.description.values():
        assert len(text) <= MOST_LONG
        assert 2 <= len(re.findall(r"[.?](?: |$)", text)) <= 5


@each_product
def test_a_product_can_be_drawn(product: Product) -> None:
    svg = plate(product.plate, title=product.name["en"])
    shown = ET.fromstring(svg).itertext()  # noqa: S314  # reason: our own text
    assert set(product.plate.words) <= set(shown)


def test_no_two_plates_look_the_same() -> None:
    assert len(
        {(one.plate.vessel, one.plate.plant, one.plate.glass) for one in WORLD.products}
    ) == len(WORLD.products)


@each_koc
def test_a_koc_shows_three_collections_of_real_products(koc: Partner) -> None:
    assert len(koc.collections) == 3
    assert len({one.slug for one in koc.collections}) == 3
    for collection in koc.collections:
        assert ASCII_SLUG.fullmatch(collection.slug)
        assert 3 <= len(collection.items) <= 6
        skus = [item.sku for item in collection.items]
        assert len(skus) == len(set(skus))
        assert set(skus) <= SKUS
        assert all(0 < len(item.note) <= MOST_SHORT for item in collection.items)


def test_every_product_is_somebodys_favourite_or_at_least_known() -> None:
    shown = {item.sku for koc in KOCS for one in koc.collections for item in one.items}
    assert shown == SKUS


@pytest.mark.parametrize("key", ["code", "handle", "name", "destination"])
def test_partners_are_told_apart(key: str) -> None:
    found = [getattr(partner, key) for partner in WORLD.partners]
    assert len(found) == len(set(found))


def test_a_sponsor_leads_a_team_and_has_no_sponsor() -> None:
    by_code = {partner.code: partner for partner in WORLD.partners}
    sponsors = [by_code[one.sponsor] for one in WORLD.partners if one.sponsor]
    assert len(sponsors) == 3
    assert {(one.kind, one.sponsor) for one in sponsors} == {("distributor", "")}


def test_partners_are_paid_on_a_rail_that_needs_no_bank() -> None:
    assert {partner.rail for partner in WORLD.partners} == {"test", "manual"}


def test_faces_can_be_drawn_and_no_two_are_alike() -> None:
    people = [*(one.face for one in WORLD.partners), *(one.face for one in WORLD.staff)]
    assert len({face(one) for one in people}) == len(people)


def test_shoppers_can_be_reached_and_are_nobody() -> None:
    assert all(one.email.endswith("@example.com") for one in WORLD.shoppers)
    assert all(re.fullmatch(r"0\d{3} \d{3} \d{3}", one.phone) for one in WORLD.shoppers)
    assert len({one.email for one in WORLD.shoppers}) == len(WORLD.shoppers)
    assert len({one.phone for one in WORLD.shoppers}) == len(WORLD.shoppers)


def test_nobody_shouts() -> None:
    shouted = re.compile(r"[!\uff01]|lorem|\btest\b", re.IGNORECASE)
    assert not [text for text in every_text() if shouted.search(text)]


SHOPPER = '[[shoppers]]\nname = "A"\nphone = "1"\nemail = "e"\naddress = "a"\ncity = "c"\n'


@pytest.mark.parametrize(
    ("products", "people", "told"),
    [
        ("", "[[guests]]", "people.toml: nobody knows guests"),
        ("", SHOPPER + "age = 3", r"shoppers\[0\]: nobody knows age"),
        ("", SHOPPER.replace('name = "A"\n', ""), r"shoppers\[0\]: name is missing"),
        ("", SHOPPER.replace('"1"', "1"), r"shoppers\[0\]: phone is 1, no str"),
        ("products = 3", "", "products is no list"),
        ("products = [3]", "", r"products\[0\] is no table"),
        ("[[products]]\nplate = {}", "", r"products\[0\].plate.words is no list of words"),
        ("", '[[staff]]\nface = { style = "wig" }', r"staff\[0\].face: 'wig' is none of"),
        ("", '[[staff]]\nface = { hat = "red" }', r"staff\[0\].face: nobody knows hat"),
        ("[[products", "", "products.toml: "),
    ],
)
def test_a_fault_in_a_file_is_told_with_its_place(products: str, people: str, told: str) -> None:
    with pytest.raises(WorldFault, match=told):
        reading.read(products, people)
