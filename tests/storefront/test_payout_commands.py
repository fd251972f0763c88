"""Payouts by commands: a maker, a checker, a rail, and every end that a payout can come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from commissions.periods import DAY
from storefront import clock, database
from tests.factories import make_partner, make_program
from tests.storefront.running import Here
from tests.storefront.shop import Shop

OF_ROSES = ("--program", "roses")


class Desk:
    """The finance desk of a shop whose partner Mai has 10.00 ready."""

    def __init__(self, url: str, engine: Engine, folder: Path) -> None:
        """Sell, and release by the next document."""
        self.here = Here(url)
        self.shop = Shop(engine, folder)
        self.shop.take("S1,2024-01-05,ann,ROSE,1,100.00", "S2,2024-03-05,bob,ROSE,1,1.00")
        assert self.shop.owed() == {"payable": 1_000}

    def data(self, step: str, *arguments: str, by: str = "quang") -> Any:  # noqa: ANN401  # reason: JSON is anything
        """Take a step on payouts; return what it says."""
        return self.here.data("payouts", step, *OF_ROSES, "--by", by, *arguments)

    def refused(self, step: str, *arguments: str, by: str = "quang") -> str:
        """Take a step that is refused; return the error's name."""
        ran = self.here("payouts", step, *OF_ROSES, "--by", by, *arguments, "--json")
        assert (ran.code, ran.err) == (1, "")
        return str(ran.data["error"])

    def build(self) -> tuple[str, str]:
        """Build a batch of one payout; return the ids of both."""
        built = self.data("build")
        (payout,) = built["payouts"]
        return str(built["batch"]), str(payout["id"])

    def sent(self) -> tuple[str, str]:
        """Build, approve and send a batch of one payout; return the ids of both."""
        batch, payout = self.build()
        self.data("approve", batch, by="thu")
        (told,) = self.data("send", batch)["payouts"]
        assert told["state"] == "sent"
        return batch, payout


@pytest.fixture
def desk(database_url: str, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(database_url, engine, tmp_path)


def test_a_payout_is_built_approved_sent_and_settled(desk: Desk) -> None:
    built = desk.data("build")
    (payout,) = built["payouts"]
    assert (payout["amount_minor"], payout["rail"], payout["key"]) == (1_000, "test", None)
    batch = str(built["batch"])
    approved = desk.data("approve", batch, by="thu")
    assert (approved["state"], approved["maker"], approved["checker"]) == (
        "approved",
        "quang",
        "thu",
    )
    assert approved["payouts"][0]["key"]
    assert desk.data("send", batch)["payouts"][0]["state"] == "sent"
    assert desk.shop.owed() == {"in_payout": 1_000}
    assert desk.data("settle", batch)["payouts"][0]["state"] == "settled"
    assert desk.shop.owed() == {}
    assert desk.here.data("ledger", "verify")["balanced"]


def test_people_see_the_batch_as_a_table(desk: Desk) -> None:
    said = desk.here("payouts", "build", *OF_ROSES, "--by", "quang").out
    assert said == "Batch 1: 1 payouts, 10.00 EUR.\n"
    header, row = desk.here("payouts", "approve", *OF_ROSES, "--by", "thu", "1").out.splitlines()[
        1:
    ]
    assert " ".join(header.split()) == "payout partner name amount rail destination state"
    assert " ".join(row.split()) == "1 mai Mai 10.00 EUR test bank of mai approved"
    again = desk.here("payouts", "build", *OF_ROSES, "--by", "quang").out
    assert again == "Nobody can be paid now.\n"


def test_what_was_not_sent_is_not_settled(desk: Desk) -> None:
    batch, payout = desk.build()
    settle = ("payouts", "settle", *OF_ROSES, "--by", "quang", batch)
    for then, told in ((None, "approve it and send it first."), ("approve", ": send it first.")):
        if then:
            desk.data(then, batch, by="thu")
        ran = desk.here(*settle)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("hoahong: Batch 1 wasn't sent yet, so nothing of it has arrived")
        assert ran.err.endswith(f"{told}\n")
        assert desk.refused("settle", batch, "--payout", payout) == "StateConflict"
    desk.data("send", batch)
    settled = desk.here(*settle)
    assert (settled.code, settled.out.splitlines()[0]) == (0, "Batch 1 is approved: 1 settled.")


def test_a_batch_of_which_the_rail_cannot_tell_is_not_settled_in_one(
    desk: Desk, engine: Engine
) -> None:
    with database.transaction(engine) as session:
        make_partner(session, make_program(session), "mai", payout_destination="unknown")
    batch, _ = desk.build()
    desk.data("approve", batch, by="thu")
    assert desk.data("send", batch)["payouts"][0]["state"] == "unknown"
    assert desk.refused("settle", batch) == "StateConflict"


def test_a_batch_is_not_approved_or_refused_by_its_maker(desk: Desk) -> None:
    batch, _ = desk.build()
    assert desk.refused("approve", batch, by="quang") == "FourEyes"
    assert desk.refused("refuse", batch, "--reason", "no", by="quang") == "FourEyes"
    assert desk.refused("send", batch) == "StateConflict"
    assert desk.shop.owed() == {"in_payout": 1_000}


def test_a_refused_batch_gives_back_what_it_claimed(desk: Desk) -> None:
    batch, _ = desk.build()
    refused = desk.data("refuse", batch, "--reason", "wrong month", by="thu")
    assert refused["state"] == "refused"
    assert desk.shop.owed() == {"payable": 1_000}
    assert desk.refused("approve", batch, by="thu") == "StateConflict"


def test_a_failed_payout_can_be_paid_by_the_next_batch(desk: Desk) -> None:
    _, payout = desk.sent()
    failed = desk.data("fail", "--payout", payout, "--reason", "account closed")
    assert failed["state"] == "failed"
    assert desk.shop.owed() == {"payable": 1_000}
    batch, _ = desk.sent()
    desk.data("settle", batch)
    assert desk.shop.owed() == {}
    assert desk.shop.books_hold()


def test_a_payout_that_came_back_is_owed_again(desk: Desk) -> None:
    batch, payout = desk.sent()
    assert desk.refused("return", "--payout", payout, "--reason", "early") == "StateConflict"
    desk.data("settle", batch, "--payout", payout)
    returned = desk.data("return", "--payout", payout, "--reason", "sent back by the bank")
    assert returned["state"] == "returned"
    assert desk.shop.owed() == {"payable": 1_000}
    assert desk.shop.books_hold()


def test_a_payout_that_is_not_in_the_batch_is_not_settled(desk: Desk) -> None:
    batch, _ = desk.sent()
    assert desk.refused("settle", batch, "--payout", "99") == "PayoutUnknown"
    assert desk.refused("settle", "99") == "BatchUnknown"
    assert desk.refused("fail", "--payout", "99", "--reason", "x") == "PayoutUnknown"


def test_a_step_that_is_taken_twice_changes_nothing(desk: Desk) -> None:
    batch, payout = desk.sent()
    desk.data("approve", batch, by="thu")
    desk.data("send", batch)
    desk.data("settle", batch)
    desk.data("settle", batch)
    desk.data("settle", batch, "--payout", payout)
    assert [amount for amount, _ in desk.shop.transfers("payout_settle")] == [1_000]


def test_a_partner_without_details_is_skipped_with_the_reason(desk: Desk, engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = make_program(session)
        make_partner(session, program, "mai", payout_rail=None, payout_destination=None)
    told = desk.data("build")
    assert (told["batch"], told["payouts"]) == (None, [])
    (skipped,) = told["skipped"]
    assert (skipped["partner_code"], skipped["ready_minor"]) == ("mai", 1_000)
    said = desk.here("payouts", "build", *OF_ROSES, "--by", "quang").out
    assert said.startswith("Nobody can be paid now.\nSkipped mai: ")


def test_only_the_partners_who_are_named_are_paid(desk: Desk) -> None:
    assert desk.data("build", "--partner", "lan")["payouts"] == []
    assert desk.refused("build", "--partner", "nobody") == "PartnerUnknown"
    assert len(desk.data("build", "--partner", "mai", "--partner", "lan")["payouts"]) == 1


def test_one_scan_of_the_jobs_releases_sends_and_settles(desk: Desk) -> None:
    desk.shop.take("S3,2024-03-06,ann,ROSE,1,5.00", name="more.csv")
    batch, _ = desk.build()
    desk.data("approve", batch, by="thu")
    assert desk.shop.owed() == {"accrued": 50, "in_payout": 1_000}
    (done,) = desk.here.data("jobs", "run", "--once")["programs"]
    assert (done["program"], done["released"], done["payouts_moved"]) == ("roses", 1, 2)
    assert (done["months_closed"], done["refusal"]) == ([], None)
    assert desk.shop.owed() == {"payable": 50}
    said = desk.here("jobs", "run", "--once").out
    assert said == "roses: 0 released, 0 payouts moved on, months closed: none\n"
    assert desk.shop.books_hold()


def test_a_program_whose_work_is_refused_does_not_stop_the_others(
    desk: Desk, engine: Engine, tmp_path: Path
) -> None:
    tulips = Shop(engine, tmp_path, code="tulips")
    tulips.take("S1,2024-01-05,ann,ROSE,1,100.00")
    with database.transaction(engine) as session:
        make_partner(session, make_program(session), "mai", payout_rail="pigeon")
    batch, _ = desk.build()
    desk.data("approve", batch, by="thu")
    ran = desk.here("jobs", "run", "--once", "--json")
    roses, others = ran.data["programs"]
    assert (ran.code, roses["program"], "pigeon" in roses["refusal"]) == (1, "roses", True)
    assert (others["released"], others["refusal"], tulips.owed()) == (1, None, {"payable": 1_000})


def test_the_jobs_close_the_months_that_are_over_where_the_program_says_when(
    database_url: str, engine: Engine, tmp_path: Path
) -> None:
    shop = Shop(engine, tmp_path, close_after_days=0)
    here = Here(database_url)
    now = clock.wall()
    sold = now.replace(day=1) - 32 * DAY
    shop.take(f"S1,{sold:%Y-%m-%d},bob,ROSE,1,1.00")
    closed = here.data("jobs", "run", "--once")["programs"][0]["months_closed"]
    assert closed[0] == f"{sold:%Y-%m}"
    assert f"{now:%Y-%m}" not in closed
    assert here.data("jobs", "run", "--once")["programs"][0]["months_closed"] == []


def test_commands_go_by_a_demos_clock(database_url: str, engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    with database.transaction(engine) as session:
        clock.make_demo(session)
        ahead = clock.advance(session, 40 * DAY)
    here = Here(database_url)
    released = here(
        "holds", "release", "--program", shop.code, "--by", "jobs", "--at", ahead.isoformat()
    )
    assert released.code == 0, released.err
