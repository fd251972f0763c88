"""A payout takes two people: one builds the batch, another approves it; then rail and bank."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions import partners, programs
from commissions.models import Batch, Partner
from storefront import database
from storefront.access import APPROVER, PREPARER
from storefront.accounts import users
from tests.storefront.finance.paying import (
    BATCH,
    PAYOUTS,
    act,
    books_balance,
    build,
    payout_of,
    states,
)
from tests.storefront.hub.reading import text_of
from tests.storefront.web import CODE, HASHED, STAFF, Browser

BOTH = "both@hoasom.example"


def test_a_batch_goes_from_built_to_paid_by_both_rails(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    assert build(preparer, "linh", "may") == 200
    assert preparer.page
    assert preparer.page.request.path == BATCH
    assert "You prepared it, so somebody else must approve it." in preparer.page.text
    assert "You did not prepare it, so you may approve it." in approver.get(f"{BATCH}?lang=en").text
    assert act(approver, "approve") == 200
    assert states(shop_engine) == {"test": "approved", "manual": "approved"}
    assert act(approver, "send") == 200
    assert states(shop_engine) == {"test": "sent", "manual": "sent"}
    manual = payout_of(shop_engine, "manual")
    assert act(preparer, "settle", payout=manual) == 200
    assert states(shop_engine) == {"test": "sent", "manual": "settled"}
    assert act(preparer, "settle") == 200
    assert states(shop_engine) == {"test": "settled", "manual": "settled"}
    assert "Nothing is left to do with this batch." in preparer.get(f"{BATCH}?lang=en").text
    assert books_balance(shop_engine)


def test_the_maker_may_not_approve(
    shop_engine: Engine,
    preparer: Browser,
    new_browser: type[Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with database.transaction(shop_engine) as session:
        users.create(session, BOTH, name="Both", password_hash=HASHED, roles=[PREPARER, APPROVER])
    monkeypatch.setitem(STAFF, "both", (BOTH, ""))
    both = new_browser().sign_in("both")  # type: ignore[call-arg]  # reason: a fixture's class
    assert build(both, "linh") == 200
    assert both.page
    assert f"{BATCH}/approve" not in both.page.text
    for what in ("approve", "refuse"):
        assert act(both, what, reason="Mine") == 409
        assert "It takes two people" in both.page.text
    assert states(shop_engine) == {"test": "reserved"}
    assert books_balance(shop_engine)


def test_a_batch_is_sent_back_for_a_reason(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    build(preparer, "linh")
    assert act(approver, "refuse", reason="") == 422
    assert approver.page
    assert 'id="refuse-reason-fault"' in approver.page.text
    assert act(approver, "refuse", reason="The account is closed") == 200
    assert states(shop_engine) == {"test": "failed"}
    assert "The account is closed" in preparer.get(BATCH).text
    assert build(preparer, "linh") == 200  # what it claimed is ready again
    assert books_balance(shop_engine)


def test_a_payout_fails_for_a_reason(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    build(preparer, "may")
    act(approver, "approve")
    act(approver, "send")
    manual = payout_of(shop_engine, "manual")
    assert act(preparer, "fail", payout=manual, reason=" ") == 422
    assert preparer.page
    assert 'id="payout-reason-fault"' in preparer.page.text
    assert act(preparer, "fail", payout=manual, reason="account closed") == 200
    assert states(shop_engine) == {"manual": "failed"}
    review = preparer.get("/finance/review?lang=en").text
    assert "account closed" in review
    assert f"PO-{manual} of Ngọc Mây" in review
    assert books_balance(shop_engine)


def test_money_that_came_back_is_ready_again(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    build(preparer, "may")
    act(approver, "approve")
    act(approver, "send")
    manual = payout_of(shop_engine, "manual")
    assert act(preparer, "return", payout=manual, reason="too early") == 409
    act(preparer, "settle")
    assert act(preparer, "return", payout=manual, reason="the bank sent it back") == 200
    assert states(shop_engine) == {"manual": "returned"}
    assert build(preparer, "may") == 200
    assert "Failed 0 none waits for you" in text_of(preparer.get(f"{PAYOUTS}?lang=en").text)
    assert books_balance(shop_engine)


def test_a_rail_that_refuses_fails_the_payout(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    with database.transaction(shop_engine) as session:
        linh = partners.find(session, programs.find(session, CODE), "linh")
        linh.payout_destination = "reject"
    build(preparer, "linh")
    act(approver, "approve")
    assert act(approver, "send") == 200
    assert states(shop_engine) == {"test": "failed"}
    assert books_balance(shop_engine)


def test_who_is_below_the_minimum_is_left_out_and_told(
    preparer: Browser, shop_engine: Engine
) -> None:
    page = preparer.get(f"{PAYOUTS}?lang=en").text
    assert "below the minimum" in page  # the distributor's share of two orders
    assert build(preparer, "nha-may") == 200
    assert preparer.page
    assert "nha-may was left out: below the minimum." in preparer.page.text
    assert build(preparer) == 422
    assert "Choose at least one partner" in preparer.page.text
    with Session(shop_engine) as session:
        assert session.scalar(select(Batch.id)) is None


def test_who_has_no_details_cannot_be_paid(preparer: Browser, shop_engine: Engine) -> None:
    with database.transaction(shop_engine) as session:
        may = partners.find(session, programs.find(session, CODE), "may")
        may.payout_rail = may.payout_destination = None
    page = text_of(preparer.get(f"{PAYOUTS}?lang=en").text)
    assert "no payout details yet" in page
    assert "1 partner lacks payout details: 39,480 ₫ can't be paid." in page
    assert "the columns payout_rail and payout_destination" in page
    assert "No batch can be built now" not in page, "somebody else can be paid"
    assert build(preparer, "may") == 409


def test_a_button_that_is_off_says_why(preparer: Browser, shop_engine: Engine) -> None:
    with database.transaction(shop_engine) as session:
        for one in session.scalars(select(Partner)):
            one.payout_rail = one.payout_destination = None
    page = preparer.get(f"{PAYOUTS}?lang=en").text
    assert 'disabled aria-describedby="why-off"' in page
    told = text_of(page)
    assert "No batch can be built now. no payout details yet: 2, below the minimum: 1." in told
    assert "Waiting for you 0 VND 0 partners to pay 2 partners lack payout details" in told


def test_a_destination_is_never_shown_in_full(preparer: Browser, shop_engine: Engine) -> None:
    with database.transaction(shop_engine) as session:
        linh = partners.find(session, programs.find(session, CODE), "linh")
        linh.payout_destination = "9704 3344 5566"
    seen = [preparer.get(PAYOUTS).text]
    build(preparer, "linh")
    seen += [preparer.get(path).text for path in (BATCH, "/finance/partners/linh")]
    for page in seen:
        assert "••5566" in page
        assert "3344" not in page


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("preparer", "approve"),
        ("preparer", "refuse"),
        ("admin", "send"),
        ("admin", "settle"),
        ("admin", "fail"),
        ("admin", "return"),
        ("operator", "send"),
    ],
)
def test_the_wrong_role_is_turned_away(
    preparer: Browser, shop_engine: Engine, new_browser: type[Browser], who: str, what: str
) -> None:
    build(preparer, "linh")
    other = new_browser().sign_in(who)  # type: ignore[call-arg]  # reason: a fixture's class
    other.get("/demo")
    answer = other.post(f"{BATCH}/{what}", reason="Because", payout=1)
    assert answer.status_code == 403
    assert states(shop_engine) == {"test": "reserved"}


def test_an_approver_builds_nothing(approver: Browser) -> None:
    approver.get("/demo")
    assert approver.post(PAYOUTS, partners=["linh"]).status_code == 403


def test_what_is_unknown_is_not_found(preparer: Browser, approver: Browser) -> None:
    assert approver.get(f"{PAYOUTS}/999").status_code == 404
    for what in ("approve", "send", "settle"):
        answer = approver.post(f"{PAYOUTS}/999/{what}", page=PAYOUTS)
        assert answer.status_code == 404, what
    build(preparer, "linh")
    assert act(approver, "settle", payout=999) == 404
    assert act(approver, "fail", reason="Which one?") == 404


@pytest.mark.parametrize("named", ["2x", "", "-1", "1 ", "٣", ["1", "2x"], "9" * 19])
def test_a_payout_that_is_named_wrongly_settles_no_other(
    preparer: Browser, approver: Browser, shop_engine: Engine, named: str | list[str]
) -> None:
    build(preparer, "linh", "may")
    act(approver, "approve")
    act(approver, "send")
    for what in ("settle", "fail", "return"):
        assert act(preparer, what, payout=named, reason="Which one?") == 404, what
    assert states(shop_engine) == {"test": "sent", "manual": "sent"}


def test_what_was_taken_out_of_a_batch_counts_in_no_sum(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    build(preparer, "linh", "may")
    assert (
        act(preparer, "fail", payout=payout_of(shop_engine, "manual"), reason="wrong bank") == 200
    )
    assert act(approver, "approve") == 200
    page = text_of(approver.get(f"{BATCH}?lang=en").text)
    assert "Approved today 1 VND 39,480" in page
    assert "payouts gross taken back to pay VND 1 39,480 0 39,480" in page
    listed = text_of(approver.get(f"{PAYOUTS}?lang=en").text).partition("Batches")[2]
    assert "Batch 1 39,480 ₫ Approved 2 payouts, 1 failed" in listed


def test_a_batch_that_nobody_approved_is_not_sent(preparer: Browser, shop_engine: Engine) -> None:
    build(preparer, "linh")
    assert act(preparer, "send") == 409
    assert states(shop_engine) == {"test": "reserved"}
