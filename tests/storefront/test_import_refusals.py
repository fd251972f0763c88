"""Files, mappings and programs that don't fit together: a named error before the first booking."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from commissions import programs
from commissions.errors import (
    CurrencyMismatch,
    HoahongError,
    NoPlanInForce,
    PartnerUnknown,
    ProgramUnknown,
)
from storefront import database
from storefront.intake import importing
from storefront.intake.importing import ImportRequest
from storefront.intake.rows import FileNotAsMapped
from tests.factories import TERMS
from tests.storefront.shop import COLUMNS, HEADER, MAPPING, Shop

SOUND = "S1,2024-01-05,ann,ROSE,1,1.00"


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Iterator[Shop]:
    """A shop into which nothing was booked at the end."""
    shop = Shop(engine, tmp_path)
    before = shop.books()
    yield shop
    assert shop.books() == before
    assert shop.sales() == []


def packed() -> bytes:
    return gzip.compress(f"{HEADER}\n{SOUND}\n".encode() * 100, mtime=0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: it must begin with a header line."),
        (gzip.compress(b"", mtime=0), "is empty: it must begin with a header line."),
        (b"\n\n", "is empty: it must begin with a header line."),
        (b"\xff\xfe\x00", 'has no column "invoice"'),
        (packed()[:-9], "can't be read: Compressed file ended before"),
        (packed()[:20], "can't be read: Compressed file ended before"),
        (packed()[:12] + b"\xff" * 20, "can't be read: "),
        (packed()[:-8] + bytes(8), "can't be read: CRC check failed"),
        (b"\x1f\x8bno gzip", "can't be read: "),
        (b"x" * 140_000, "can't be read: field larger than"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(shop: Shop, content: bytes, said: str) -> None:
    path = shop.folder / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(FileNotAsMapped, match=r"^orders\.csv ") as refused:
        shop.take_file(path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_ends_in_mid_stream_books_nothing_of_its_beginning(shop: Shop) -> None:
    rows = "".join(f"S{n},2024-01-05,ann,ROSE,1,1.00\n" for n in range(30_000))
    path = shop.folder / "orders.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{rows}".encode())[:-100])
    for _ in range(2):
        with pytest.raises(FileNotAsMapped, match="ended before"):
            shop.take_file(path)


def folder(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("make", [folder, nothing])
@pytest.mark.parametrize("name", ["orders.csv", "referrals.csv"])
def test_a_folder_and_a_file_that_is_not_there_are_named(
    shop: Shop, make: Callable[[Path], None], name: str
) -> None:
    path = shop.write(SOUND)
    referrals = shop.folder / "referrals.csv"
    referrals.write_text("customer_id,partner_code\n", encoding="utf-8")
    nothing(shop.folder / name)
    make(shop.folder / name)
    with pytest.raises(FileNotAsMapped, match=rf"^{name} can't be read: ".replace(".", r"\.")):
        importing.run(
            shop.engine, shop.code, ImportRequest(path, MAPPING, referrals), actor="import"
        )


def test_all_columns_that_are_missing_are_named_at_once_with_those_that_are_there(
    shop: Shop,
) -> None:
    path = shop.write("S1,x", header="invoice,Buyer")
    with pytest.raises(FileNotAsMapped) as refused:
        shop.take_file(path)
    assert str(refused.value) == (
        'orders.csv has no column "at", "code", "pieces", "price", "buyer";'
        ' it has "invoice", "Buyer": correct the mapping.'
    )


def test_a_column_that_is_there_twice_is_refused(shop: Shop) -> None:
    path = shop.write(f"{SOUND},2.00", header=f"{HEADER},price")
    with pytest.raises(FileNotAsMapped, match='has column "price" twice: rename one'):
        shop.take_file(path)


def test_an_optional_column_that_is_mapped_must_be_there(shop: Shop) -> None:
    with pytest.raises(FileNotAsMapped, match='has no column "kind"'):
        shop.take(SOUND, columns=replace(COLUMNS, category="kind"))


def test_a_program_that_nobody_knows_is_named(shop: Shop) -> None:
    request = ImportRequest(shop.write(SOUND), MAPPING)
    with pytest.raises(ProgramUnknown, match="tulips"):
        importing.run(shop.engine, "tulips", request, actor="import")


def test_partners_whom_the_program_lacks_are_named_at_once(shop: Shop) -> None:
    with pytest.raises(PartnerUnknown, match=r"lacks: MAI, nobody; apply a program file"):
        shop.take(SOUND, brought={"ann": "mai", "bob": "nobody", "eve": "MAI"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"buyer,partner\nann,mai\n", 'has no column "customer_id", "partner_code"'),
        (b"customer_id,partner_code\nann,mai\nbob\n", "row 3 can't be read: correct or delete it"),
        (b"customer_id,partner_code\nann,m\0i\n", ""),
        (b"customer_id,partner_code\nann,m\xffi\n", ""),
        (b"customer_id,partner_code\nann," + b"m" * 130 + b"\n", ""),
        (b"customer_id,partner_code\nann," + b"m" * 140_000 + b"\n", "row 2 can't be read"),
    ],
)
def test_a_referrals_file_that_cannot_be_taken_is_refused(
    shop: Shop, content: bytes, said: str
) -> None:
    referrals = shop.folder / "referrals.csv"
    referrals.write_bytes(content)
    request = ImportRequest(shop.write(SOUND), MAPPING, referrals)
    with pytest.raises(HoahongError, match=r"^referrals\.csv ") as refused:
        importing.run(shop.engine, shop.code, request, actor="import")
    assert said in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_mapping_of_another_currency_than_the_programs_is_refused(shop: Shop) -> None:
    with pytest.raises(CurrencyMismatch, match="The mapping's currency is USD"):
        shop.take(SOUND, currency="USD")


@pytest.mark.parametrize("row", ["S1,2023-12-31 23:59:59,ann,ROSE,1,1", "S1,2023-12-31,,X,1,1"])
def test_a_file_that_begins_before_any_plan_is_refused(shop: Shop, row: str) -> None:
    with pytest.raises(NoPlanInForce):
        shop.take(SOUND.replace("S1", "S2"), row)


def test_a_program_without_a_plan_takes_no_sale(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    with database.transaction(shop.engine) as session:
        programs.set_terms(session, replace(TERMS, code="tulips"))
    request = ImportRequest(shop.write(SOUND), MAPPING)
    with pytest.raises(NoPlanInForce):
        importing.run(shop.engine, "tulips", request, actor="import")
    assert shop.books()["sales"].total() == 0


def test_a_file_whose_name_is_no_text_is_taken(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    path = tmp_path / os.fsdecode(b"orders-\xff.csv")
    shop.write(SOUND).rename(path)
    assert shop.take_file(path).sales_new == 1


def test_a_reason_of_the_mapping_stands_in_the_rejects_file_as_one_cell(
    engine: Engine, tmp_path: Path
) -> None:
    shop = Shop(engine, tmp_path)
    shop.take("A1,x,y,z,1,1", ignored=(("A", 'bad debt, "by hand"'),))
    assert shop.rejects() == ['2,"bad debt, ""by hand""",']
