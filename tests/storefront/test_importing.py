"""What an order export comes to in the books: order of time, matching of returns, the clock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions.models import AttributionDecision, Transfer
from tests.factories import make_plan, make_rule
from tests.storefront.shop import COLUMNS, Shop


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    return Shop(engine, tmp_path)


# Documents.


def test_sales_are_booked_in_order_of_time_then_as_they_stand_in_the_file(shop: Shop) -> None:
    done = shop.take(
        "S3,2024-01-07 10:00,ann,ROSE,1,1.00",
        "S2,2024-01-06 10:00,ann,ROSE,1,1.00",
        "S1,2024-01-05 10:00,ann,ROSE,1,1.00",
        "S0,2024-01-06 10:00,ann,ROSE,1,1.00",
    )
    assert shop.sales() == ["S1", "S2", "S0", "S3"]
    assert (done.rows, done.documents, done.sales_new, done.rejected_rows) == (4, 4, 4, 0)


def test_rows_that_stand_apart_make_one_sale_of_the_first_rows_time_and_buyer(shop: Shop) -> None:
    shop.take(
        "S1,2024-01-05 10:00,ann,ROSE,1,1.00",
        "S2,2024-01-05 09:00,bob,ROSE,1,1.00",
        "S1,2024-01-04 10:00,bob,LILY,2,1.00",
    )
    assert shop.sales() == ["S2", "S1"]
    assert shop.buyers() == {"S2": "bob", "S1": "ann"}
    assert shop.lines("S1") == [("ROSE", 1, 1, 100, None), ("LILY", 2, 2, 200, None)]


def test_a_rejected_row_keeps_its_place_among_the_lines_and_gives_time_and_buyer(
    shop: Shop,
) -> None:
    shop.take(
        "S1,2024-01-05 10:00,ann,ROSE,1,0",
        "S1,2024-01-06 10:00,bob,ROSE,1,1.00",
        "S2,2024-01-05 11:00,bob,ROSE,1,1.00",
    )
    assert shop.sales() == ["S1", "S2"]
    assert shop.buyers()["S1"] == "ann"
    assert shop.lines("S1") == [("ROSE", 2, 1, 100, None)]
    assert shop.rejects() == ["2,no price,"]


def test_a_document_none_of_whose_rows_is_accepted_is_no_document(shop: Shop) -> None:
    done = shop.take("S1,2024-01-05,ann,ROSE,1,0", "C1,2024-01-05,ann,ROSE,1,1", "A1,x,y,z,1,1")
    assert (done.documents, done.rejected_rows) == (0, 3)
    assert shop.sales() == []
    assert shop.rejects() == ["2,no price,", "3,positive quantity on a return,", "4,adjustment,"]


def test_categories_decide_which_rule_a_line_falls_under(engine: Engine, tmp_path: Path) -> None:
    plan = make_plan(make_rule(1, categories=("tea*",), rate_bps=2_000), make_rule(2))
    shop = Shop(engine, tmp_path, plan=plan)
    path = shop.write(
        "S1,2024-01-05,ann,X,1,10.00,tea/green",
        "S1,2024-01-05,ann,X,1,10.00,",
        header="invoice,at,buyer,code,pieces,price,kind",
    )
    shop.take_file(path, columns=replace(COLUMNS, category="kind"))
    assert [line[-1] for line in shop.lines("S1")] == ["tea/green", None]
    assert shop.owed() == {"accrued": 200 + 100}


# Who earns.


def test_a_referral_is_a_touch_at_the_time_of_each_sale(engine: Engine, shop: Shop) -> None:
    shop.take("S1,2024-01-05 10:00,ann,ROSE,1,10.00", "S2,2025-06-05 10:00,ann,ROSE,1,10.00")
    assert shop.owed() == {"accrued": 100, "payable": 100}
    with Session(engine) as session:
        touches = session.scalars(
            select(AttributionDecision.touches).order_by(AttributionDecision.id)
        ).all()
    seen = [(one["kind"], one["occurred_at"]) for (one,) in touches]
    assert seen == [
        ("referral", "2024-01-05T10:00:00+00:00"),
        ("referral", "2025-06-05T10:00:00+00:00"),
    ]


def test_a_sale_to_a_buyer_whom_nobody_brought_earns_nothing_but_can_come_back(shop: Shop) -> None:
    shop.take(
        "S1,2024-01-05,bob,ROSE,2,10.00",
        "S2,2024-01-05,,ROSE,2,10.00",
        "C1,2024-01-06,bob,ROSE,-1,10.00",
    )
    assert shop.owed() == {}
    assert shop.returns() == ["C1.1: 1 of S1.1"]


def test_a_partner_who_buys_through_the_own_referral_earns_nothing(shop: Shop) -> None:
    shop.take("S1,2024-01-05,mai,ROSE,2,10.00", brought={"mai": "mai"})
    assert shop.sales() == ["S1"]
    assert shop.owed() == {}


def test_the_sponsor_earns_the_override(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path, plan=make_plan(override_bps=200))
    shop.take("S1,2024-01-05,ann,ROSE,1,100.00")
    assert (shop.owed("mai"), shop.owed("lan")) == ({"accrued": 1_000}, {"accrued": 200})


# Returns.


def test_a_return_takes_from_the_latest_sale_and_there_from_the_highest_line(shop: Shop) -> None:
    shop.take(
        "S2,2024-01-06,ann,ROSE,3,1.00",
        "S2,2024-01-06,ann,LILY,9,1.00",
        "S2,2024-01-06,ann,ROSE,2,1.00",
        "S1,2024-01-05,ann,ROSE,4,1.00",
        "C1,2024-01-07,ann,ROSE,-4,1.00",
        "C2,2024-01-08,ann,ROSE,-2,1.00",
    )
    assert shop.returns() == [
        "C1.1: 2 of S2.3",
        "C1.1: 2 of S2.1",
        "C2.1: 1 of S2.1",
        "C2.1: 1 of S1.1",
    ]
    assert shop.owed() == {"accrued": 180 - 60}


def test_of_sales_at_one_time_the_one_that_stands_later_in_the_file_is_the_latest(
    shop: Shop,
) -> None:
    shop.take(
        "S9,2024-01-06,ann,ROSE,1,1.00",
        "S1,2024-01-06,ann,ROSE,1,1.00",
        "C1,2024-01-07,ann,ROSE,-1,1.00",
    )
    assert shop.returns() == ["C1.1: 1 of S1.1"]


def test_at_equal_times_every_sale_comes_before_every_return(shop: Shop) -> None:
    shop.take(
        "C1,2024-01-06 10:00,ann,ROSE,-1,1.00",
        "S1,2024-01-06 10:00,ann,ROSE,1,1.00",
        batch=1,
    )
    assert shop.returns() == ["C1.1: 1 of S1.1"]
    assert shop.rejects() == []


@pytest.mark.parametrize("batch", [1, 1_000])
def test_a_return_finds_no_later_sale_other_buyer_or_other_letter(shop: Shop, batch: int) -> None:
    done = shop.take(
        "S1,2024-01-05,ann,ROSE,1,1.00",
        "S2,2024-01-06 00:00:01,ann,LILY,1,1.00",
        "C1,2024-01-06,ann,rose,-1,1.00",
        "C1,2024-01-06,ann,LILY,-2,1.00",
        "C2,2024-01-06,bob,ROSE,-3,1.00",
        "C3,2024-01-06,,ROSE,-4,1.00",
        batch=batch,
    )
    assert shop.returns() == []
    left = [(4, 1), (5, 2), (6, 3), (7, 4)]
    assert shop.rejects() == [f"{row},unmatched return,{pieces}" for row, pieces in left]
    assert (done.returns_new, done.rejected_rows, done.unmatched_rows) == (3, 0, 4)


def test_what_a_return_brings_beyond_what_was_sold_is_left_over(shop: Shop) -> None:
    shop.take(
        "S1,2024-01-05,ann,ROSE,3,1.00",
        "C1,2024-01-06,ann,ROSE,-2,9.99",
        "C2,2024-01-07,ann,ROSE,-2,1.00",
        "C3,2024-01-08,ann,ROSE,-2,1.00",
    )
    assert shop.returns() == ["C1.1: 2 of S1.1", "C2.1: 1 of S1.1"]
    assert shop.rejects() == ["4,unmatched return,1", "5,unmatched return,2"]
    assert shop.owed() == {}


def test_the_rows_of_a_return_take_pieces_one_after_the_other(shop: Shop) -> None:
    shop.take(
        "S1,2024-01-05,ann,ROSE,3,1.00",
        "C1,2024-01-06,ann,ROSE,-2,1.00",
        "C1,2024-01-06,ann,ROSE,0,1.00",
        "C1,2024-01-06,ann,ROSE,-2,1.00",
    )
    assert shop.returns() == ["C1.1: 2 of S1.1", "C1.3: 1 of S1.1"]
    assert shop.rejects() == ["4,no quantity,", "5,unmatched return,1"]


@pytest.mark.parametrize("sign", [">", "\\", "ß"])
def test_the_longest_references_of_any_signs_are_booked(shop: Shop, sign: str) -> None:
    sale, refund = f"S{sign * 119}", f"C{sign * 119}"
    shop.take(f"{sale},2024-01-05,ann,ROSE,1,1.00", f"{refund},2024-01-06,ann,ROSE,-1,1.00")
    assert shop.returns() == [f"{refund}.1: 1 of {sale}.1"]
    assert shop.transfers("clawback") == [(10, "accrued")]


# The clock.


@pytest.mark.parametrize(
    ("returned", "taken_from"),
    [
        ("2024-02-04 11:59:59", "accrued"),
        ("2024-02-04 12:00:00", "payable"),
        ("2024-02-04 12:00:01", "payable"),
    ],
)
@pytest.mark.parametrize("batch", [1, 1_000])
def test_what_is_due_is_released_before_the_return_of_that_instant(
    shop: Shop, returned: str, taken_from: str, batch: int
) -> None:
    shop.take(
        "S1,2024-01-05 12:00,ann,ROSE,10,1.00",
        f"C1,{returned},ann,ROSE,-4,1.00",
        "S2,2024-03-01,bob,ROSE,1,1.00",
        batch=batch,
    )
    assert shop.transfers("clawback") == [(40, taken_from)]
    assert shop.transfers("release") == [(60 if taken_from == "accrued" else 100, "accrued")]
    assert shop.owed() == {"payable": 60}
    assert shop.books_hold()


def test_the_clock_stands_at_the_last_document(shop: Shop) -> None:
    shop.take("S1,2024-01-05 12:00,ann,ROSE,10,1.00", "S2,2024-02-04 11:59:59,bob,ROSE,1,1.00")
    assert shop.owed() == {"accrued": 100}
    shop.release("2024-02-04 12:00")
    assert shop.owed() == {"payable": 100}


def test_a_release_is_effective_at_the_document_that_moved_the_clock(shop: Shop) -> None:
    shop.take("S1,2024-01-05 12:00,ann,ROSE,10,1.00", "S2,2024-02-09 10:00,bob,ROSE,1,1.00")
    with Session(shop.engine) as session:
        effective = session.scalars(
            select(Transfer.effective_at).where(Transfer.code == "release")
        ).one()
    assert effective.isoformat() == "2024-02-09T10:00:00+00:00"


def test_a_return_after_release_is_taken_from_what_is_ready(shop: Shop) -> None:
    shop.take(
        "S1,2024-01-05,ann,ROSE,10,1.00",
        "S2,2024-03-05,ann,LILY,10,1.00",
        "C1,2024-03-06,ann,LILY,-10,1.00",
        "C1,2024-03-06,ann,ROSE,-10,1.00",
    )
    assert sorted(shop.transfers("clawback")) == [(100, "accrued"), (100, "payable")]
    assert shop.owed() == {}
    assert shop.books_hold()
