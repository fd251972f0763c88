"""What a row of an export says under a mapping, or the one reason for which it is rejected."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storefront.intake.rows import Columns, Mapping, ParsedRow, parse_file
from tests.storefront.shop import COLUMNS, HEADER, MAPPING

SOUND = "S1,2024-01-05 10:00,ann,ROSE,3,1.00"
BY_AMOUNT = Columns("invoice", "at", "code", "pieces", line_amount="price", buyer="buyer")


def read(folder: Path, content: str | bytes, mapping: Mapping = MAPPING) -> list[ParsedRow]:
    path = folder / "orders.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(mapping.encoding))
    return list(parse_file(path, mapping))


def read_row(folder: Path, row: str, *, header: str = HEADER, **changes: Any) -> ParsedRow:  # noqa: ANN401  # reason: whatever the mapping has
    (one,) = read(folder, f"{header}\n{row}\n", replace(MAPPING, **changes))
    return one


# Rows that are taken.


def test_a_row_says_what_was_sold_to_whom_when_and_for_how_much(tmp_path: Path) -> None:
    assert read_row(tmp_path, SOUND) == ParsedRow(
        row_no=2,
        reference="S1",
        occurred_at=datetime(2024, 1, 5, 10, tzinfo=UTC),
        buyer="ann",
        email=None,
        phone=None,
        stock_code="ROSE",
        category=None,
        quantity=3,
        amount_minor=300,
        reason=None,
    )


def test_the_order_of_columns_and_columns_beside_them_do_not_matter(tmp_path: Path) -> None:
    columns = replace(COLUMNS, email="mail", phone="tel", category="kind", currency="money")
    row = read_row(
        tmp_path,
        "EUR,tea,4,x,2.50,TEA,a@b.de,+49 1,2024-01-05,S1,bob",
        header="money,kind,pieces,other,price,code,mail,tel,at,invoice,buyer",
        columns=columns,
    )
    assert (row.buyer, row.email, row.phone, row.category) == ("bob", "a@b.de", "+49 1", "tea")
    assert (row.quantity, row.amount_minor, row.reason) == (4, 1_000, None)


@pytest.mark.parametrize(
    ("currency", "pieces", "price", "minor"),
    [
        ("EUR", 3, "1", 300),
        ("EUR", 3, "1.", None),
        ("EUR", 3, ".5", None),
        ("EUR", 3, "+1.005", 302),
        ("EUR", 1, "0.005", 1),
        ("EUR", 1, "0.0049999999999999", 0),
        ("EUR", 100, "0.004", 40),
        ("EUR", 1, " 1.50 ", 150),
        ("EUR", 1, "1,50", None),
        ("EUR", 1, "1e3", None),
        ("EUR", 1, "1 000", None),
        ("EUR", 1, "NaN", None),
        ("EUR", 1, "٣", None),
        ("EUR", 1, "", None),
        ("VND", 2, "12500.5", 25_001),
        ("VND", 1, "12500.5", 12_501),
        ("JOD", 1, "0.0005", 1),
        ("CLF", 1, "1.00005", 10_001),
        ("EUR", 1, "10000000000000.00", 10**15),
        ("EUR", 1, "10000000000000.005", -1),
        ("EUR", 10**9, "999999999999999999", -1),
    ],
)
def test_an_amount_is_exact_and_rounded_once(
    tmp_path: Path, currency: str, pieces: int, price: str, minor: int | None
) -> None:
    row = read_row(tmp_path, f'S1,2024-01-05,ann,ROSE,{pieces},"{price}"', currency=currency)
    reasons = {None: "unreadable price", 0: "rounds to nothing", -1: "amount too large"}
    if row.reason is None:
        assert row.amount_minor == minor
    else:
        assert (row.amount_minor, row.reason) == (None, reasons[minor])


@pytest.mark.parametrize(
    ("reference", "pieces", "amount", "taken"),
    [
        ("S1", "2", "12,50", (2, 1_250)),
        ("C1", "-2", "12,50", (-2, 1_250)),
        ("C1", "-2", "-12,50", (-2, 1_250)),
        ("S1", "2", "-12,50", "no price"),
        ("S1", "2", "0,00", "no price"),
        ("C1", "-2", "0", "no price"),
        ("S1", "2", "12.50", "unreadable price"),
        ("S1", "2", "1.012,50", "unreadable price"),
    ],
)
def test_a_line_amount_with_a_decimal_comma_is_taken_as_it_is(
    tmp_path: Path, reference: str, pieces: str, amount: str, taken: tuple[int, int] | str
) -> None:
    row = read_row(
        tmp_path,
        f"{reference};2024-01-05;ann;ROSE;{pieces};{amount}",
        header=HEADER.replace(",", ";"),
        columns=BY_AMOUNT,
        delimiter=";",
        decimal_mark=",",
    )
    assert taken in {row.reason, (row.quantity, row.amount_minor)}


@pytest.mark.parametrize(
    ("zone", "format_", "text", "instant"),
    [
        ("UTC", "iso", "2024-01-05", "2024-01-05T00:00:00"),
        ("UTC", "iso", " 2024-01-05T10:11:12.5 ", "2024-01-05T10:11:12.500000"),
        ("Asia/Ho_Chi_Minh", "iso", "2024-01-05 02:00", "2024-01-04T19:00:00"),
        ("Asia/Ho_Chi_Minh", "iso", "2024-01-05T02:00:00+01:00", "2024-01-05T01:00:00"),
        ("Europe/London", "iso", "2024-07-05 10:00", "2024-07-05T09:00:00"),
        ("Europe/London", "iso", "2024-01-05 10:00", "2024-01-05T10:00:00"),
        # The hour that comes twice is its first time; the one that never comes is moved on.
        ("Europe/London", "iso", "2024-10-27 01:30", "2024-10-27T00:30:00"),
        ("Europe/London", "iso", "2024-03-31 01:30", "2024-03-31T01:30:00"),
        ("UTC", "%d/%m/%Y %H:%M", "05/01/2024 10:30", "2024-01-05T10:30:00"),
        ("America/New_York", "%m/%d/%y %I:%M %p", "01/05/24 10:30 PM", "2024-01-06T03:30:00"),
        ("UTC", "%d/%m/%Y", "2024-01-05", None),
        ("UTC", "iso", "05/01/2024", None),
        ("UTC", "iso", "2023-02-29", None),
        ("UTC", "iso", "", None),
        ("UTC", "iso", "9999-12-31 23:59", None),
        ("America/New_York", "iso", "9999-12-31 23:59", None),
        ("Asia/Ho_Chi_Minh", "iso", "0001-01-01", None),
        ("UTC", "iso", "1969-12-31 23:59:59", None),
        ("UTC", "iso", "1970-01-01", "1970-01-01T00:00:00"),
        ("UTC", "iso", "2200-01-01", None),
    ],
)
def test_times_are_read_in_the_zone_of_the_file(
    tmp_path: Path, zone: str, format_: str, text: str, instant: str | None
) -> None:
    row = read_row(tmp_path, f"S1,{text},ann,ROSE,1,1.00", time_zone=zone, time_format=format_)
    expected = instant and datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert row.occurred_at == expected
    assert row.reason == (None if expected else "unreadable time")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "cp1258"])
def test_texts_are_read_in_the_encoding_of_the_file(tmp_path: Path, encoding: str) -> None:
    row = read_row(tmp_path, "S1,2024-01-05,René,CAFÉ,1,1.00", encoding=encoding)
    assert (row.buyer, row.stock_code, row.reason) == ("René", "CAFÉ", None)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (row,) = read(tmp_path, f"{HEADER}\n{SOUND}\n".encode("utf-8-sig"))
    assert row.reason is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_of_any_system_quotes_and_packing_make_no_difference(
    tmp_path: Path, end: str
) -> None:
    text = f'{HEADER}\n{SOUND}\n"S2",2024-01-05,"ann, of\nRoses","R""1",1,"1.00"'
    rows = read(tmp_path, gzip.compress(text.replace("\n", end).encode()))
    assert [(row.row_no, row.reference, row.reason) for row in rows] == [
        (2, "S1", None),
        (3, "S2", "unreadable text"),  # a line end within a name
    ]


# Rows that are rejected.


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A1,x,y,z,0,-9", "adjustment"),
        ("S1,2024-01-05,ann,ROSE,0,0", "no price"),
        ("S1,2024-01-05,ann,ROSE,1,-1", "no price"),
        ("C1,2024-01-05,ann,ROSE,-1,-1", "no price"),
        ("S1,2024-01-05,ann,ROSE,0,1", "no quantity"),
        ("C1,2024-01-05,ann,ROSE,0,1", "no quantity"),
        ("S1,2024-01-05,ann,ROSE,-1,1", "negative quantity on a sale"),
        ("C1,2024-01-05,ann,ROSE,1,1", "positive quantity on a return"),
        ("S1,2024-01-05,ann,ROSE,1,0.0049", "rounds to nothing"),
        ("S1,2024-01-05,ann,ROSE,-1,0.0049", "negative quantity on a sale"),
        ("S1,2024-01-05,ann,ROSE,1000000001,0.01", "quantity too large"),
        ("S1,2024-01-05,ann,ROSE,99999999999999999999,0.01", "unreadable quantity"),
        ("S1,2024-01-05,ann,ROSE,1.5,1", "unreadable quantity"),
        ("S1,2024-01-05,ann,ROSE,,1", "unreadable quantity"),
        ("S1,2024-01-05,ann,ROSE,²,1", "unreadable quantity"),
        ("S1,2024-01-05,ann,ROSE,1,free", "unreadable price"),
        ("S1,2024-01-05,ann,,1,1", "no stock code"),
        ("S1,soon,ann,ROSE,1,1", "unreadable time"),
        (",2024-01-05,ann,ROSE,1,1", "no reference"),
        ("S\x07,2024-01-05,ann,ROSE,1,1", "unreadable reference"),
        ("S\0,2024-01-05,ann,ROSE,1,1", "unreadable reference"),
        (f"{'S' * 121},2024-01-05,ann,ROSE,1,1", "unreadable reference"),
        ("S1,2024-01-05,a\0n,ROSE,1,1", "unreadable text"),
        ("S1,2024-01-05,ann,R\0SE,1,1", "unreadable text"),
        (f"S1,2024-01-05,ann,{'R' * 121},1,1", "unreadable text"),
        (f"S1,2024-01-05,{'a' * 121},ROSE,1,1", "unreadable text"),
        ("S1,2024-01-05,ann,ROSE,1", "wrong number of columns"),
        ("S1,2024-01-05,ann,ROSE,1,1,", "wrong number of columns"),
        ("", "wrong number of columns"),
        (f"S1,2024-01-05,{'a' * 140_000},ROSE,1,1", "unreadable row"),
        ("S1,2024-01-05,ann\rS2,ROSE,1,1", "wrong number of columns"),
    ],
)
def test_a_row_is_rejected_for_the_first_reason_that_holds(
    tmp_path: Path, row: str, reason: str
) -> None:
    first, *_, last = read(tmp_path, f"{HEADER}\n{row}\n{SOUND}\n")
    assert (first.row_no, first.reason) == (2, reason)
    assert last.reason is None


@pytest.mark.parametrize("fits", ["S" * 120, "日本" * 60])
def test_the_longest_texts_fit(tmp_path: Path, fits: str) -> None:
    row = read_row(tmp_path, f"{fits},2024-01-05,{fits},{fits},1,1.00")
    assert (row.reference, row.buyer, row.stock_code, row.reason) == (fits, fits, fits, None)


@pytest.mark.parametrize(
    ("currency", "reason"), [("USD", "other currency"), ("EUR", None), ("", None)]
)
def test_a_row_of_another_currency_is_rejected(
    tmp_path: Path, currency: str, reason: str | None
) -> None:
    row = read_row(
        tmp_path,
        f"{SOUND},{currency}",
        header=f"{HEADER},money",
        columns=replace(COLUMNS, currency="money"),
    )
    assert row.reason == reason


def test_bytes_that_are_no_text_reject_their_row_alone(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        HEADER.encode() + b"\nS\xff,2024-01-05,ann,ROSE,1,1\nS1,2024-01-05,\xe9,ROSE,1,1\n"
        b"S2,2024-01-05,ann,\xc3(,1,1\n" + SOUND.encode(),
    )
    assert [row.reason for row in rows] == [
        "unreadable reference",
        "unreadable text",
        "unreadable text",
        None,
    ]


def test_an_unclosed_quote_swallows_rows_and_rejects_what_it_swallowed(tmp_path: Path) -> None:
    rows = read(tmp_path, f'{HEADER}\n{SOUND}\nS2,2024-01-05,"ann,ROSE,1,1\n{SOUND}\n{SOUND}')
    assert [row.reason for row in rows] == [None, "wrong number of columns"]


def test_a_quote_that_is_never_closed_does_not_swallow_a_long_file(tmp_path: Path) -> None:
    many = f"{SOUND}\n" * 10_000
    rows = read(tmp_path, f'{HEADER}\nS2,2024-01-05,"ann,ROSE,1,1\n{many}')
    assert rows[0].reason == "unreadable row"
    assert sum(row.reason is None for row in rows) > 5_000


def test_an_ignored_prefix_wins_before_a_return_prefix(tmp_path: Path) -> None:
    row = read_row(
        tmp_path,
        "CX1,2024-01-05,ann,ROSE,-1,1",
        ignored=(("CX", "bank charge"),),
        return_prefixes=("C",),
    )
    assert row.reason == "bank charge"
