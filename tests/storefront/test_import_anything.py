"""Whatever an export holds: refused by name, or each row rejected or booked, and the books hold."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import Engine

from commissions.errors import HoahongError
from storefront import database
from storefront.intake.rows import parse_file
from tests.databases import Databases
from tests.storefront.shop import HEADER, MAPPING, Shop

pytestmark = pytest.mark.slow

NUMBERS = count(1)
"""Each example has a program of its own: making a database takes longer than importing."""
ODD = st.text(max_size=6) | st.sampled_from(
    ["", " ", "\0", "\x1b[0m", "=1+1", "'", "\\", ">", "\u202e", "1e9", "∞", "-0", "None"]
)
CELLS: Sequence[SearchStrategy[str]] = (
    st.sampled_from(["S1", "S2", "S3", "C1", "C2", "A1", "S" * 120, "C" + ">" * 119]) | ODD,
    st.sampled_from(["2024-01-05", "2024-02-04 10:00", "2024-02-05", "2199-12-31", "1970-01-01"])
    | st.datetimes().map(str)
    | ODD,
    st.sampled_from(["ann", "bob", "mai", ""]) | ODD,
    st.sampled_from(["ROSE", "LILY", "R" * 120]) | ODD,
    st.integers(-5, 5).map(str) | st.integers().map(str) | ODD,
    st.decimals(places=2, min_value=0, max_value=99).map(str)
    | st.integers().map(str)
    | st.floats().map(str)
    | ODD,
)
ROWS = st.lists(st.tuples(*CELLS).map(list) | st.lists(ODD, max_size=8), max_size=12)
# As above, but nearly always right, so that something is booked and comes back.
LIKELY = st.tuples(
    st.sampled_from(["S1", "S2", "S3", "S4", "C1", "C2", "C3"]),
    st.sampled_from(
        ["2024-01-05", "2024-01-20", "2024-02-04", "2024-02-04 00:00:01", "2024-03-05"]
    ),
    st.sampled_from(["ann", "ann", "bob"]),
    st.sampled_from(["ROSE", "LILY"]),
    st.integers(1, 5),
    st.sampled_from(["0.05", "1.00", "3.33", "0.004"]),
)


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([HEADER.split(","), *rows])
    return stream.getvalue().encode("utf-8", "surrogatepass")


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One database for all examples."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.fresh()
    engine = database.make_engine(url)
    yield engine
    engine.dispose()
    databases.drop(url)


def new_shop(engine: Engine, folder: Path) -> Shop:
    return Shop(engine, folder, code=f"roses-{next(NUMBERS)}")


def refused_by_name(shop: Shop, path: Path) -> str | None:
    """Import a file; return the sentence with which it was refused, if it was."""
    try:
        shop.take_file(path, batch=2)
    except HoahongError as refused:
        return str(refused)
    return None


def assert_all_is_told(shop: Shop, content: bytes) -> None:
    """Import a file: what isn't rejected is booked, a second time changes nothing."""
    path = shop.folder / "orders.csv"
    path.write_bytes(content)
    if refused_by_name(shop, path):
        assert shop.sales() == []
        return
    rows = list(parse_file(path, MAPPING))
    told = {int(line.split(",")[0]): line for line in shop.rejects()}
    sold = {row.reference for row in rows if row.reason is None and (row.quantity or 0) > 0}
    assert {row.row_no for row in rows if row.reason} <= told.keys()
    too_large = {row.reference for row in rows if "too large" in told.get(row.row_no, "")}
    assert {*shop.sales()} == sold - too_large
    assert shop.books_hold()
    again = shop.take_file(path, batch=2)
    assert (again.sales_new, again.returns_new, again.rejected_rows) == (
        0,
        0,
        sum("unmatched" not in line for line in told.values()),
    )


@settings(max_examples=50)
@given(rows=ROWS)
def test_any_rows_are_rejected_or_booked(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    shop = new_shop(engine, tmp_path_factory.mktemp("rows"))
    assert_all_is_told(shop, as_csv(rows))


@settings(max_examples=30)
@given(
    content=st.binary(max_size=300)
    | st.binary(max_size=300).map(lambda rest: f"{HEADER}\n".encode() + rest)
    | st.text(alphabet='",;\n\rS1C2024-05ROSE.\0é', max_size=200).map(
        lambda text: f"{HEADER}\n{text}".encode()
    )
    | st.tuples(st.binary(max_size=100), st.integers(0, 120)).map(
        lambda pair: gzip.compress(HEADER.encode() + b"\n" + pair[0])[: pair[1]]
    )
)
def test_any_bytes_are_refused_rejected_or_booked(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    shop = new_shop(engine, tmp_path_factory.mktemp("bytes"))
    assert_all_is_told(shop, content)


@settings(max_examples=15)
@given(drawn=st.lists(LIKELY, min_size=5, max_size=30))
def test_the_books_are_the_same_however_many_documents_a_transaction_holds(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[object, ...]]
) -> None:
    rows = [
        ",".join(
            [
                str(ref),
                str(at),
                str(buyer),
                str(code),
                f"{'-' * (str(ref)[0] == 'C')}{n}",
                str(price),
            ]
        )
        for ref, at, buyer, code, n, price in drawn
    ]
    results = []
    for batch in (1, 3, 1_000):
        shop = new_shop(engine, tmp_path_factory.mktemp("batch"))
        shop.take(*rows, batch=batch)
        results.append(
            (
                shop.rejects(),
                shop.returns(),
                shop.owed(),
                sorted(shop.transfers("clawback")),
                sorted(shop.transfers("release")),
            )
        )
    assert results[0] == results[1] == results[2]
