"""Importing the next file, the same one again, and files that can't come now."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storefront.intake.importing import FileOlderThanBooks, ImportUnfinished
from tests.storefront.shop import Shop

JANUARY = (
    "S1,2024-01-05,ann,ROSE,10,1.00",
    "S2,2024-01-06,bob,ROSE,0,1.00",
    "C1,2024-01-07,ann,ROSE,-2,1.00",
    "C2,2024-01-07,bob,ROSE,-5,1.00",
)
JANUARYS_REJECTS = ["3,no quantity,", "5,unmatched return,5"]
"""What January's file leaves over, each time it is imported."""


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    return Shop(engine, tmp_path)


@pytest.fixture
def january(shop: Shop) -> Shop:
    shop.take(*JANUARY)
    assert shop.rejects() == JANUARYS_REJECTS
    return shop


# What is known changes nothing.


def test_the_same_file_again_changes_nothing_and_has_the_same_rejects(january: Shop) -> None:
    before = january.books()
    done = january.take(*JANUARY)
    assert (done.sales_new, done.returns_new, done.rows, done.documents) == (0, 0, 4, 3)
    assert january.books() == before
    assert january.rejects() == JANUARYS_REJECTS
    assert january.runs() == ["done"]


def test_the_same_file_changes_nothing_after_its_month_is_closed(january: Shop) -> None:
    january.close("2024-03")
    before = january.books()
    january.take(*JANUARY)
    january.take(*JANUARY, name="packed.csv.gz")
    assert january.books() == before
    assert january.rejects() == JANUARYS_REJECTS


def test_the_same_file_packed_by_gzip_changes_nothing(january: Shop) -> None:
    before = january.books()
    done = january.take(*JANUARY, name="orders.csv.gz")
    assert (done.sales_new, done.returns_new, done.unmatched_rows) == (0, 0, 1)
    assert january.books() == before
    assert january.rejects() == JANUARYS_REJECTS


def test_the_same_file_packed_again_and_differently_changes_nothing(shop: Shop) -> None:
    shop.take(*JANUARY, name="orders.csv.gz")
    before = shop.books()
    path = shop.folder / "orders.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))
    shop.take_file(path)
    assert shop.books() == before
    assert shop.rejects() == JANUARYS_REJECTS


def test_a_file_that_begins_with_what_is_known_books_the_rest(january: Shop) -> None:
    done = january.take(
        *JANUARY,
        "S3,2024-02-01,ann,LILY,1,1.00",
        "C3,2024-02-02,ann,ROSE,-1,1.00",
        name="until-february.csv",
    )
    assert (done.sales_new, done.returns_new) == (1, 1)
    assert january.sales() == ["S1", "S3"]
    assert january.returns() == ["C1.1: 2 of S1.1", "C3.1: 1 of S1.1"]
    assert january.rejects() == JANUARYS_REJECTS


def test_what_found_no_sale_then_finds_none_when_it_is_known(shop: Shop) -> None:
    shop.take("S1,2024-01-05,ann,ROSE,3,1.00", "C1,2024-01-07,ann,ROSE,-5,1.00")
    done = shop.take(
        "S1,2024-01-05,ann,ROSE,3,1.00",
        "C1,2024-01-07,ann,ROSE,-5,1.00",
        "S2,2024-01-07,ann,ROSE,3,1.00",
        name="more.csv",
    )
    assert (done.sales_new, done.returns_new) == (1, 0)
    assert shop.returns() == ["C1.1: 3 of S1.1"]
    assert shop.rejects() == ["3,unmatched return,2"]


def test_documents_that_could_not_be_booked_do_not_stop_a_file_that_has_them_again(
    shop: Shop,
) -> None:
    rows = (
        "S1,2024-01-05,ann,ROSE,1,9999999999999",
        "S1,2024-01-05,ann,ROSE,1,9999999999999",
        "S2,2024-01-06,ann,ROSE,1,1.00",
    )
    too_large = ["2,amount too large,", "3,amount too large,"]
    shop.take(*rows)
    assert (shop.sales(), shop.rejects()) == (["S2"], too_large)
    shop.take(*rows, "S3,2024-01-07,ann,ROSE,1,1.00", name="more.csv")
    assert (shop.sales(), shop.rejects()) == (["S2", "S3"], too_large)


# The next file.


def test_a_return_finds_the_sales_of_an_earlier_file(january: Shop) -> None:
    january.take("C3,2024-02-01,ann,ROSE,-9,1.00", name="february.csv")
    assert january.returns() == ["C1.1: 2 of S1.1", "C3.1: 8 of S1.1"]
    assert january.rejects() == ["2,unmatched return,1"]


def test_the_next_file_releases_what_became_due_since(january: Shop) -> None:
    assert january.owed() == {"accrued": 80}
    january.take("S3,2024-02-04,bob,ROSE,1,1.00", name="february.csv")
    assert january.owed() == {"payable": 80}


def test_a_return_dated_in_a_closed_month_counts_in_the_open_one(january: Shop) -> None:
    january.close("2024-01")
    january.take("C3,2024-01-20,ann,ROSE,-1,1.00", name="late.csv")
    assert january.returns()[-1] == "C3.1: 1 of S1.1"
    assert january.owed() == {"accrued": 70}
    (late,) = [row for row in january.books()["refunds"] if "reference C3" in row]
    assert "occurred_at 2024-01-20" in late
    assert "effective_at 2024-02-01 00:00:00+00:00" in late
    assert january.books_hold()


def test_two_files_come_to_the_same_as_one(engine: Engine, tmp_path: Path) -> None:
    rows = [
        "S1,2024-01-05,ann,ROSE,10,1.00",
        "S2,2024-01-09,ann,ROSE,7,1.11",
        "C1,2024-01-20,ann,ROSE,-9,1.00",
        "S3,2024-02-10,bob,ROSE,1,1.00",
        "C2,2024-02-11,ann,ROSE,-3,1.00",
    ]
    shops = [Shop(engine, tmp_path, code=code) for code in ("one", "two")]
    shops[0].take(*rows)
    shops[1].take(*rows[:2], name="first.csv")
    shops[1].take(*rows[2:], name="second.csv")
    one, two = shops
    assert one.owed() == two.owed()
    assert one.returns() == two.returns()
    assert sorted(one.transfers("release")) == sorted(two.transfers("release"))


# What is refused.


@pytest.mark.parametrize(
    "row", ["S0,2024-01-04,ann,ROSE,1,1.00", "C0,2024-01-06 23:59:59,ann,ROSE,-1,1.00"]
)
def test_a_file_older_than_what_was_imported_is_refused_before_it_books(
    january: Shop, row: str
) -> None:
    before = january.books()
    with pytest.raises(FileOlderThanBooks, match=f"^Document {row[:2]} is of 2024-01-0") as refused:
        january.take("S9,2024-03-01,ann,ROSE,1,1.00", row, name="older.csv")
    assert "2024-01-07T00:00:00+00:00: import files in order of time." in str(refused.value)
    assert january.books() == before


def test_an_older_document_among_known_ones_is_refused(january: Shop) -> None:
    with pytest.raises(FileOlderThanBooks, match=r"^Document S0 "):
        january.take(*JANUARY, "S0,2024-01-05,ann,ROSE,1,1.00", name="more.csv")


def test_a_sale_in_a_closed_month_is_refused(january: Shop) -> None:
    january.close("2024-01")
    with pytest.raises(FileOlderThanBooks, match=r"^Document S3 .* 2024-02-01T00:00:00"):
        january.take("S3,2024-01-20,ann,ROSE,1,1.00", name="late.csv")


def test_after_a_refused_file_the_right_one_is_taken(january: Shop) -> None:
    with pytest.raises(FileOlderThanBooks):
        january.take("S0,2024-01-01,ann,ROSE,1,1.00", name="older.csv")
    january.take("S3,2024-02-01,ann,ROSE,1,1.00", name="february.csv")
    assert january.sales() == ["S1", "S3"]
    assert january.runs() == ["done", "done"]


@pytest.mark.parametrize(
    ("known", "changed"),
    [
        ("S1,2024-01-05,ann,ROSE,10,1.00", "S1,2024-01-05,ann,ROSE,10,1.01"),
        ("S1,2024-01-05,ann,ROSE,10,1.00", "S1,2024-01-05,bob,ROSE,10,1.00"),
        ("S1,2024-01-05,ann,ROSE,10,1.00", "S1,2024-01-04,ann,ROSE,10,1.00"),
        ("C1,2024-01-07,ann,ROSE,-2,1.00", "C1,2024-01-07,ann,ROSE,-3,1.00"),
        ("C1,2024-01-07,ann,ROSE,-2,1.00", "C1,2024-01-07,bob,ROSE,-2,1.00"),
    ],
)
def test_a_document_that_was_changed_is_rejected_and_the_rest_goes_on(
    january: Shop, known: str, changed: str
) -> None:
    owed = january.owed()
    rows = [changed if row == known else row for row in JANUARY]
    january.take(*rows, "S3,2024-02-01,bob,ROSE,1,1.00", name="changed.csv")
    assert january.sales() == ["S1", "S3"]
    assert january.owed() == owed
    row_no = JANUARY.index(known) + 2
    assert f"{row_no},imported before with other content," in january.rejects()


def test_a_sale_that_comes_again_as_a_return_is_not_booked_into_the_past(january: Shop) -> None:
    with pytest.raises(FileOlderThanBooks, match=r"^Document S1 "):
        january.take("S1,2024-01-05,ann,ROSE,-1,1.00", name="odd.csv", return_prefixes=("C", "S1"))


class PowerCut(Exception):
    """What breaks an import off."""


def break_off(shop: Shop, *rows: str, phase: str) -> None:
    """Break off an import after the first transaction of a phase; one holds one document."""

    def advance(now: str, _done: int, _total: int | None) -> None:
        if now == phase:
            raise PowerCut

    with pytest.raises(PowerCut):
        shop.take(*rows, batch=1, advance=advance)


def test_another_file_waits_until_a_broken_off_one_is_finished(shop: Shop) -> None:
    break_off(shop, *JANUARY, phase="booking")
    with pytest.raises(ImportUnfinished, match=r"orders\.csv broke off after 1 of 3 documents"):
        shop.take("S9,2024-03-01,ann,ROSE,1,1.00", name="march.csv")
    shop.take(*JANUARY)
    shop.take("S9,2024-03-01,ann,ROSE,1,1.00", name="march.csv")
    assert shop.sales() == ["S1", "S9"]


def test_a_file_of_which_nothing_was_booked_is_forgotten_for_the_next(shop: Shop) -> None:
    break_off(shop, *JANUARY, phase="reading")
    shop.take("S9,2024-01-01,ann,ROSE,1,1.00", name="other.csv")
    assert shop.runs() == ["done"]
    assert shop.sales() == ["S9"]


def test_files_of_two_programs_do_not_wait_for_each_other(engine: Engine, tmp_path: Path) -> None:
    one, two = (Shop(engine, tmp_path, code=code) for code in ("one", "two"))
    break_off(one, *JANUARY, phase="booking")
    two.take(*JANUARY)
    assert two.sales() == ["S1"]
    one.take(*JANUARY)
    assert one.owed() == two.owed() == {"accrued": 80}
