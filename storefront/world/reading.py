"""Reads the demo's world from its two files: every key must be known, none may be missing.

Decides nothing about the shop: what the files say becomes frozen values, and a fault in them is
told with its place. That skus, sponsors and languages fit together is the tests' business.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from storefront.drawings.faces import Face
from storefront.drawings.plates import Plate

PRODUCTS = Path(__file__).with_name("products.toml")
PEOPLE = Path(__file__).with_name("people.toml")
_PLAIN = (str, int, bool)

Table = Mapping[str, Any]
Read = TypeVar("Read")


class WorldFault(ValueError):
    """A file of the world says something that can't be read; the message tells where."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product: `price_minor` in whole đồng, `stock` in pieces, its texts by language."""

    sku: str
    slug: str
    category: str
    price_minor: int
    stock: int
    plate: Plate
    name: Mapping[str, str]
    short: Mapping[str, str]
    description: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A product in a collection, and what the partner says of it."""

    sku: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Some products on a partner's page, in the partner's order and language."""

    slug: str
    title: str
    intro: str
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A partner: `kind` is koc or distributor, `sponsor` the code of who brought them or empty."""

    code: str
    handle: str
    name: str
    kind: str
    city: str
    language: str
    line: str
    rail: str
    destination: str
    face: Face
    sponsor: str = ""
    collections: tuple[Collection, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Somebody who works for the brand: `role` is preparer, approver, operator or admin."""

    name: str
    role: str
    email: str
    language: str
    face: Face


@dataclass(frozen=True, kw_only=True)
class Shopper:
    """Somebody who buys."""

    name: str
    phone: str
    email: str
    address: str
    city: str


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that the two files tell, in their order."""

    products: tuple[Product, ...]
    partners: tuple[Partner, ...]
    staff: tuple[Staff, ...]
    shoppers: tuple[Shopper, ...]


@cache
def world() -> World:
    """Return the demo's world; raises WorldFault."""
    return read(
        PRODUCTS.read_text(encoding="utf-8"),
        PEOPLE.read_text(encoding="utf-8"),
    )


def read(products: str, people: str) -> World:
    """Return a world from the texts of its two files; raises WorldFault."""
    goods, folk = _parsed(products, PRODUCTS.name), _parsed(people, PEOPLE.name)
    _known(goods, {"products"}, PRODUCTS.name)
    _known(folk, {"partners", "staff", "shoppers"}, PEOPLE.name)
    return World(
        products=tuple(_product(one, at) for at, one in _tables(goods, "products")),
        partners=tuple(_partner(one, at) for at, one in _tables(folk, "partners")),
        staff=tuple(
            _made(Staff, one, at, face=_made(Face, one.get("face"), f"{at}.face"))
            for at, one in _tables(folk, "staff")
        ),
        shoppers=tuple(_made(Shopper, one, at) for at, one in _tables(folk, "shoppers")),
    )


def _product(table: Table, at: str) -> Product:
    drawn = _table(table.get("plate"), f"{at}.plate")
    words = _strings(drawn.get("words"), f"{at}.plate.words")
    seed = str(table.get("sku"))
    return _made(
        Product,
        table,
        at,
        plate=_made(Plate, drawn, f"{at}.plate", words=words, seed=seed),
        name=_texts(table.get("name"), f"{at}.name"),
        short=_texts(table.get("short"), f"{at}.short"),
        description=_texts(table.get("description"), f"{at}.description"),
    )


def _partner(table: Table, at: str) -> Partner:
    return _made(
        Partner,
        table,
        at,
        face=_made(Face, table.get("face"), f"{at}.face"),
        collections=tuple(_collection(one, place) for place, one in _tables(table, "collections")),
    )


def _collection(table: Table, at: str) -> Collection:
    items = tuple(_made(Item, one, f"{at}.{place}") for place, one in _tables(table, "items"))
    return _made(Collection, table, at, items=items)


def _made(kind: type[Read], table: object, at: str, /, **ready: object) -> Read:
    """Return a value of a dataclass from a table; `ready` holds what was read from it already."""
    given = {**_table(table, at), **ready}
    hints = get_type_hints(kind)
    _known(given, hints, at)
    missing = {
        field.name
        for field in fields(kind)  # type: ignore[arg-type]  # reason: only dataclasses are read
        if field.default is MISSING and field.name not in given
    }
    if missing:
        raise WorldFault(f"{at}: {', '.join(sorted(missing))} is missing")
    for name, value in given.items():
        if hints[name] in _PLAIN and type(value) is not hints[name]:
            raise WorldFault(f"{at}: {name} is {value!r}, no {hints[name].__name__}")
    try:
        return kind(**given)
    except ValueError as fault:
        raise WorldFault(f"{at}: {fault}") from fault


def _known(table: Table, names: Mapping[str, Any] | set[str], at: str) -> None:
    unknown = table.keys() - set(names)
    if unknown:
        raise WorldFault(f"{at}: nobody knows {', '.join(sorted(unknown))}")


def _tables(table: Table, key: str) -> Sequence[tuple[str, Table]]:
    """Return the tables of a list with their places, none where there is no list."""
    found = table.get(key, [])
    if not isinstance(found, list):
        raise WorldFault(f"{key} is no list")
    return [(at := f"{key}[{no}]", _table(one, at)) for no, one in enumerate(found)]


def _table(found: object, at: str) -> Table:
    if not isinstance(found, dict):
        raise WorldFault(f"{at} is no table")
    return found


def _strings(found: object, at: str) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise WorldFault(f"{at} is no list of words")
    return tuple(found)


def _texts(found: object, at: str) -> Mapping[str, str]:
    texts = _table(found, at)
    _strings(list(texts.values()), at)
    return texts


def _parsed(text: str, name: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise WorldFault(f"{name}: {fault}") from fault
