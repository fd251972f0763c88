"""Finance decides: hold, release, reject, each for a reason that is kept."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions import approval, programs
from commissions.models import Commission, SaleRecord, StateChange
from storefront import database
from storefront.finance import answers
from tests.storefront.finance import paying
from tests.storefront.finance.paying import books_balance
from tests.storefront.hub.reading import text_of
from tests.storefront.web import Browser

REVIEW = "/finance/review"


@pytest.fixture
def finance(shop_engine: Engine, browser: Browser) -> Browser:
    """A preparer at the desk, with something to review."""
    paying.two_ready_one_on_hold(shop_engine)
    return browser.sign_in("preparer")


def commission(engine: Engine, order: str) -> int:
    """Return the id of the seller's commission of an order."""
    with Session(engine) as session:
        found = session.scalar(
            select(Commission.id)
            .join(SaleRecord, SaleRecord.id == Commission.sale_id)
            .where(SaleRecord.reference == order, Commission.kind == "sale")
        )
        assert found
        return found


def state(engine: Engine, commission_id: int) -> str:
    """Return where a commission stands."""
    with Session(engine) as session:
        return session.get_one(Commission, commission_id).state


def decide(browser: Browser, action: str, ids: list[int], **fields: str) -> int:
    """Send a decision and return the answer's status."""
    answer = browser.post(f"{REVIEW}/decide", page=REVIEW, action=action, ids=ids, **fields)
    return answer.status_code


def test_the_queue_shows_what_is_open_and_the_answers_above_it(finance: Browser) -> None:
    page = finance.get(f"{REVIEW}?lang=en").text
    assert all(f">{order}<" in page for order in ("A-1", "A-2", "A-3"))
    assert "partners to pay" in page
    assert "every open state" in page
    assert "debits equal credits" in page


def test_filters_stand_as_words_in_the_address(finance: Browser) -> None:
    page = finance.get(f"{REVIEW}?state=on_hold&kind=sale&partner=linh&lang=en").text
    table = re.search(r"<tbody>.*</tbody>", page, re.DOTALL)
    assert table
    assert ">A-3<" in page
    assert ">A-2<" not in page
    assert finance.get(f"{REVIEW}?state=nonsense&sort=%00").status_code == 200


def test_an_empty_view_says_why(finance: Browser) -> None:
    assert "Nothing waits here" in finance.get(f"{REVIEW}?state=held&lang=en").text


def test_a_commission_is_held_then_released_then_rejected(
    finance: Browser, shop_engine: Engine
) -> None:
    ready, waiting = commission(shop_engine, "A-1"), commission(shop_engine, "A-3")
    assert decide(finance, "hold", [ready, waiting], reason="One door, many buyers") == 200
    assert (state(shop_engine, ready), state(shop_engine, waiting)) == ("held_ready", "held")
    assert "One door, many buyers" in finance.get(f"{REVIEW}?state=held").text
    assert decide(finance, "lift", [ready, waiting], reason="They are neighbours") == 200
    assert (state(shop_engine, ready), state(shop_engine, waiting)) == ("ready", "on_hold")
    assert decide(finance, "reject", [waiting], reason="It was himself") == 200
    assert state(shop_engine, waiting) == "rejected"
    with Session(shop_engine) as session:
        last = session.scalars(select(StateChange).order_by(StateChange.id.desc())).first()
        assert last
        assert (last.actor, last.reason) == ("thu.ha@hoasom.example", "It was himself")
    assert books_balance(shop_engine)


def test_held_money_is_told_as_held_and_promised_to_no_payout(
    finance: Browser, shop_engine: Engine, new_browser: type[Browser]
) -> None:
    linh = new_browser().sign_in("linh")  # type: ignore[call-arg]  # reason: a fixture's class
    assert "Enough for a payout" in linh.get("/hub/earnings?lang=en").text
    both = [commission(shop_engine, order) for order in ("A-1", "A-3")]
    assert decide(finance, "hold", both, reason="One door, many buyers") == 200
    for path in ("/hub", "/hub/earnings"):
        assert "Enough for a payout" not in linh.get(path).text, path
    line = text_of(linh.page.text if linh.page else "").partition("Order by order")[0]
    for told in ("On hold 0 ₫", "Held for review 78,960 ₫", "Ready 0 ₫", "Together 78,960 ₫"):
        assert told in line
    figures = text_of(finance.get("/finance/partners/linh?lang=en").text)
    assert "on hold 0 held 78,960 ready, VND 0 in payout 0" in figures


def test_the_oldest_hold_counts_from_its_last_stop(finance: Browser, shop_engine: Engine) -> None:
    """A commission that was held, released and held again waits since the second time."""
    ids = [commission(shop_engine, order) for order in ("A-1", "A-2")]
    with database.transaction(shop_engine) as session:
        program, now = paying.program_of(session), paying.now(session)
        for verb, days in ((approval.hold, 9), (approval.lift, 8), (approval.hold, 3)):
            at = now - days * paying.DAY
            verb(session, program, ids[:1], at=at, actor="ha", reason="Odd")
        approval.hold(session, program, ids[1:], at=now - paying.DAY, actor="ha", reason="Odd")
    with Session(shop_engine) as session:
        found = answers.read(session, paying.program_of(session), actor="ha", now=now).held
    assert (found.count, found.since) == (2, now - 3 * paying.DAY)


@pytest.mark.parametrize("place", ["bar", "panel"])
def test_without_a_reason_nothing_happens_and_what_was_chosen_stays(
    finance: Browser, shop_engine: Engine, place: str
) -> None:
    ready = commission(shop_engine, "A-1")
    status = decide(
        finance,
        "hold",
        [ready],
        reason="  ",
        place=place,
        state="ready",
        open=str(ready),
        lang="en",
    )
    assert status == 422
    assert finance.page
    assert f'id="{place}-reason-fault"' in finance.page.text
    assert re.search(rf'name="ids" value="{ready}"[^>]* checked', finance.page.text)
    assert '<input type="hidden" name="state" value="ready">' in finance.page.text
    assert state(shop_engine, ready) == "ready"


def test_a_reason_that_is_too_long_is_kept_as_typed(finance: Browser, shop_engine: Engine) -> None:
    ready, typed = commission(shop_engine, "A-1"), "x" * 301
    assert decide(finance, "reject", [ready], reason=typed, place="bar") == 422
    assert finance.page
    assert f'value="{typed}"' in finance.page.text


def test_without_a_row_the_fault_says_to_choose_one(finance: Browser) -> None:
    assert decide(finance, "hold", [], reason="All of it", place="bar") == 422
    assert finance.page
    assert 'value="All of it"' in finance.page.text


def test_what_has_moved_on_meanwhile_is_told(finance: Browser, shop_engine: Engine) -> None:
    ready = commission(shop_engine, "A-1")
    assert decide(finance, "lift", [ready], reason="It was never held") == 422
    assert decide(finance, "explode", [ready], reason="There is no such verb") == 404
    assert decide(finance, "hold", [999_999], reason="There is no such row") == 404
    assert books_balance(shop_engine)


def test_an_administrator_reads_and_decides_nothing(
    finance: Browser, shop_engine: Engine, new_browser: type[Browser]
) -> None:
    admin = new_browser().sign_in("admin")  # type: ignore[call-arg]  # reason: a fixture's class
    page = admin.get(REVIEW)
    assert page.status_code == 200
    assert 'name="action"' not in page.text
    assert decide(admin, "hold", [commission(shop_engine, "A-1")], reason="No") == 403


def test_the_program_is_switched_by_the_address_and_kept_by_the_links(
    finance: Browser, shop_engine: Engine
) -> None:
    with database.transaction(shop_engine) as session:
        programs.set_terms(
            session,
            programs.Terms(
                code="abroad",
                name="Hoa Sớm Abroad",
                currency="USD",
                time_zone="America/New_York",
                window_days=30,
                hold_days=15,
                minimum_payout_minor=2_000,
            ),
        )
    page = finance.get(f"{REVIEW}?program=abroad&lang=en").text
    assert "Hoa Sớm Abroad, USD" in page
    assert ">A-1<" not in page
    assert "/finance/payouts?program=abroad" in page
    assert "/finance/books?program=abroad" in page
    for path in ("payouts", "books"):
        assert finance.get(f"/finance/{path}?program=abroad").status_code == 200
    assert finance.get(f"{REVIEW}?program=nobody").status_code == 404
    held = commission(shop_engine, "A-1")
    answer = finance.post(
        f"{REVIEW}/decide?program=abroad",
        page=REVIEW,
        action="hold",
        ids=[held],
        reason="Elsewhere",
    )
    assert answer.status_code == 404
    assert state(shop_engine, held) == "ready"
