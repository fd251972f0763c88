"""Due work is found by looking: books once a local day, releases in steps, refusals and all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from commissions import programs
from commissions.approval import Released
from storefront import book_checks, database, holds, jobs, logs, serving
from storefront.book_checks import BookCheck
from storefront.orders import workflow
from storefront.payout_run import RAILS
from tests.factories import at
from tests.storefront.running import Here
from tests.storefront.shop import Shop

SOLD = "S1,2024-01-05,ann,ROSE,1,10.00"
BREAK = text("update accounts set balance_minor = 99 where role = 'accrued'")


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    """A shop of which months are closed after five days; Hanoi's midnight is 17:00 UTC."""
    shop = Shop(engine, tmp_path, close_after_days=5, time_zone="Asia/Ho_Chi_Minh")
    shop.take(SOLD)
    return shop


def scan(shop: Shop, when: str) -> jobs.Done:
    """Do what is due, in the only program."""
    (done,) = jobs.run_once(shop.engine, RAILS, now=at(when))
    return done


def corrupt(shop: Shop) -> None:
    """Plant a fault in the books."""
    with database.transaction(shop.engine) as session:
        session.execute(BREAK)


def kept(shop: Shop) -> list[BookCheck]:
    """Return every verification that was kept."""
    with database.snapshot(shop.engine) as session:
        return [*session.scalars(select(BookCheck).order_by(BookCheck.id))]


def last(shop: Shop) -> BookCheck | None:
    """Return what a screen shows."""
    with database.snapshot(shop.engine) as session:
        return book_checks.last(session, programs.find(session, shop.code))


def test_books_are_verified_once_on_each_local_day(shop: Shop) -> None:
    moments = {
        "2024-01-10 01:00": True,
        "2024-01-10 16:59:59": None,
        "2024-01-10 17:00": True,
        "2024-01-11 16:00": None,
        "2024-01-13 16:00": True,
    }
    assert {moment: scan(shop, moment).balanced for moment in moments} == moments
    assert [check.checked_at for check in kept(shop)] == [
        at(moment) for moment, verified in moments.items() if verified
    ]


def test_the_last_verification_tells_when_what_and_how_much(shop: Shop) -> None:
    assert last(shop) is None
    scan(shop, "2024-01-10")
    found = last(shop)
    assert found is not None
    assert (found.checked_at, found.ok, found.faults) == (at("2024-01-10"), True, [])
    assert (found.transfers, found.accounts) == (1, 2)
    assert found.seconds > 0
    corrupt(shop)
    assert scan(shop, "2024-01-11").balanced is False
    found = last(shop)
    assert found is not None
    assert not found.ok
    assert {fault["check"] for fault in found.faults} >= {"stored balance"}
    assert all(fault["detail"] for fault in found.faults)


def test_verifying_by_hand_is_kept_too_and_spares_the_jobs(shop: Shop, database_url: str) -> None:
    here = Here(database_url)
    told = here.data("ledger", "verify")
    assert here.data("ledger", "verify", "--program", shop.code) == told
    assert [(check.program_id is None, check.ok) for check in kept(shop)] == [
        (True, True),
        (False, True),
    ]
    assert {check.transfers for check in kept(shop)} == {told["transfers"]}
    now = kept(shop)[-1].checked_at
    (done,) = jobs.run_once(shop.engine, RAILS, now=now)
    assert done.balanced is None


def test_a_refused_scan_tells_what_it_did_before_and_verifies_all_the_same(
    shop: Shop, database_url: str
) -> None:
    corrupt(shop)
    done = scan(shop, "2024-03-10")
    assert (done.released, done.months_closed, done.balanced) == (1, (), False)
    assert done.refusal is not None
    assert done.refusal.startswith("The books don't hold, so 2024-01 stays open: ")
    ran = Here(database_url)("jobs", "run", "--once")
    assert ran.code == 1
    assert "; books: BROKEN" in ran.out
    assert "stays open" in ran.out


def test_months_are_closed_one_by_one(shop: Shop) -> None:
    assert scan(shop, "2024-03-10") == jobs.Done(
        shop.code, released=1, months_closed=("2024-01", "2024-02"), balanced=True
    )
    assert scan(shop, "2024-03-10 01:00") == jobs.Done(shop.code)


def test_a_fault_of_ours_in_one_step_is_logged_and_stops_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_given: object, **_more: object) -> Iterator[Released]:
        raise ZeroDivisionError

    logs.set_up()
    monkeypatch.setattr(holds, "release_due", broken)
    done = scan(shop, "2024-03-10")
    assert (done.released, done.balanced) == (0, True)
    assert done.refusal == "A step broke, the log says where: ZeroDivisionError"
    logged = json.loads(capsys.readouterr().out)
    assert (logged["event"], logged["level"], logged["program"]) == ("jobs", "error", shop.code)
    assert logged["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "_move_money" in json.dumps(logged["exception"])


def test_a_broken_step_of_a_scan_by_hand_leaves_its_answer_readable(
    shop: Shop, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "expire_unpaid", None)
    ran = Here(database_url)("jobs", "run", "--once", "--json")
    assert ran.code == 1
    (told,) = json.loads(ran.out)["programs"]
    assert told["refusal"].endswith("TypeError")
    assert told["balanced"] is True
    assert "_give_up_orders" in ran.err


def test_the_jobs_beside_the_shop_outlive_what_nobody_thought_of(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scans, again = [0], threading.Event()

    def scan_or_break(*_given: object, **_more: object) -> list[jobs.Done]:
        scans[0] += 1
        if scans[0] == 1:
            raise ZeroDivisionError
        again.set()
        return []

    logs.set_up()
    monkeypatch.setattr(jobs, "run_once", scan_or_break)
    with serving.jobs_beside(shop.engine, every_s=0.01):
        assert again.wait(timeout=30)
    assert "ZeroDivisionError" in capsys.readouterr().out


def releases(shop: Shop, when: datetime) -> Iterator[tuple[Released, tuple[str, int, int | None]]]:
    """Yield what each step released, with what was told of it."""
    told: list[tuple[str, int, int | None]] = []
    steps = holds.release_due(
        shop.engine, shop.code, at=when, actor="x", advance=lambda *how_far: told.append(how_far)
    )
    for step in steps:
        yield step, told[-1]


def test_releases_go_in_steps_and_a_broken_off_run_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holds, "STEP", 2)
    shop.take(*(f"T{n},2024-01-06,ann,ROSE,1,10.00" for n in range(5)), name="more.csv")
    when = at("2024-03-10")
    first = next(releases(shop, when))
    assert first == (Released(2, 200), ("releasing", 2, 6))
    assert shop.owed() == {"accrued": 400, "payable": 200}
    assert [*releases(shop, when)] == [
        (Released(2, 200), ("releasing", 2, 4)),
        (Released(2, 200), ("releasing", 4, 4)),
    ]
    assert [*releases(shop, when)] == []
    assert shop.owed() == {"payable": 600}
    assert shop.books_hold()
