"""What a batch tells: where it stands, whom it pays where in full, and how it counts."""

from __future__ import annotations

import csv
import io

from sqlalchemy import Engine

from storefront import database
from tests.storefront.finance import paying
from tests.storefront.finance.paying import BATCH, PAYOUTS, act, build, pay_to, payout_of
from tests.storefront.hub.earned import Past
from tests.storefront.hub.reading import text_of
from tests.storefront.web import Browser


def test_whoever_pays_by_hand_finds_the_accounts_of_an_approved_batch(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    pay_to(shop_engine, "9704 3344 5566")
    build(preparer, "linh", "may")
    assert "Payment list" not in preparer.get(f"{BATCH}?lang=en").text
    assert preparer.get(f"{BATCH}/payments.csv").status_code == 404
    act(approver, "approve")
    page = text_of(preparer.get(f"{BATCH}?lang=en").text)
    assert "Ngọc Mây by hand 9704 3344 5566 39,480 hoa-som-payout-2 Approved" in page
    act(approver, "send")
    act(preparer, "settle", payout=payout_of(shop_engine, "manual"))
    listed = text_of(preparer.get(f"{BATCH}?lang=en").text).partition("Payment list")[2]
    listed = listed.partition("What happened")[0]
    assert "Linh Đan" in listed
    assert "3344" not in listed, "what has arrived is not paid again"


def test_the_payment_list_is_a_file_in_which_nothing_is_calculated(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    pay_to(shop_engine, '=HYPERLINK("http://elsewhere.example")')
    build(preparer, "linh", "may")
    act(approver, "approve")
    answer = preparer.get(f"{BATCH}/payments.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'filename="payments-hoa-som-1.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    by_hand = next(row for row in rows if row["rail"] == "manual")
    assert by_hand == {
        "payout": f"PO-{payout_of(shop_engine, 'manual')}",
        "partner": "may",
        "name": "Ngọc Mây",
        "rail": "manual",
        "destination": '\'=HYPERLINK("http://elsewhere.example")',
        "amount": "39480",
        "currency": "VND",
        "reference": f"hoa-som-payout-{payout_of(shop_engine, 'manual')}",
        "state": "approved",
    }
    assert len(rows) == 2


def test_who_only_reads_the_books_sees_no_account_in_full(
    preparer: Browser, approver: Browser, shop_engine: Engine, new_browser: type[Browser]
) -> None:
    pay_to(shop_engine, "9704 3344 5566")
    build(preparer, "may")
    act(approver, "approve")
    assert "3344" in preparer.get(BATCH).text
    admin = new_browser().sign_in("admin")  # type: ignore[call-arg]  # reason: a fixture's class
    assert "3344" not in admin.get(BATCH).text
    assert admin.get(f"{BATCH}/payments.csv").status_code == 403


def test_commissions_are_counted_alike_before_and_in_a_batch(
    preparer: Browser, shop_engine: Engine
) -> None:
    with database.transaction(shop_engine) as session:
        past = Past(session, paying.program_of(session))
        past.sell("A-9", ("TON-200", 2), days=30)
        past.complete("A-9", days=25)
        past.release(days=1)
        past.give_back("A-9", 1, days=0)
    assert "Linh Đan 2 1 taken back 78,960" in text_of(preparer.get(f"{PAYOUTS}?lang=en").text)
    build(preparer, "linh")
    batch = text_of(preparer.get(f"{BATCH}?lang=en").text)
    assert "Linh Đan PO-1 2 1 taken back 118,440 −39,480 78,960" in batch
    assert "2 commissions 118,440 1 taken back −39,480 to pay, VND 78,960" in batch


def test_a_batch_is_paid_when_its_payouts_are(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    def standing() -> str:
        """Return what header and list say of the batch, which its own filter lets through."""
        header = text_of(preparer.get(f"{BATCH}?lang=en").text).partition("Prepared by")[0]
        told = header.rpartition("Batch 1 ")[2].strip()
        word = {"Waiting for approval": "waiting", "On its way": "sent"}.get(told, told.lower())
        shown = text_of(preparer.get(f"{PAYOUTS}?lang=en&state={word}").text)
        assert f"₫ {told} 2 payouts" in shown.partition("Batches")[2], (told, shown)
        return told

    build(preparer, "linh", "may")
    seen = [standing()]
    for what, fields in (
        ("approve", {}),
        ("send", {}),
        ("fail", {"payout": payout_of(shop_engine, "test"), "reason": "account closed"}),
        ("settle", {}),
        ("return", {"payout": payout_of(shop_engine, "manual"), "reason": "sent back"}),
    ):
        assert act(approver, what, **fields) == 200
        seen.append(standing())
    assert seen == [
        "Waiting for approval",
        "Approved",
        "On its way",
        "On its way",
        "Paid",
        "Failed",
    ]
    assert "No batch stands there" in preparer.get(f"{PAYOUTS}?lang=en&state=paid").text


def test_settling_tells_what_had_been_paid_already(
    preparer: Browser, approver: Browser, shop_engine: Engine
) -> None:
    build(preparer, "linh", "may")
    act(approver, "approve")
    act(approver, "send")
    act(approver, "settle", payout=payout_of(shop_engine, "test"), lang="en")
    for fields, told in (
        ({}, "1 payout is paid. 1 payout of this batch had been paid already."),
        (
            {"payout": payout_of(shop_engine, "test")},
            "Nothing was changed. 2 payouts of this batch had been paid already.",
        ),
        ({}, "No payout of this batch is on its way. Nothing was changed."),
    ):
        assert act(preparer, "settle", **fields) == 200
        assert preparer.page
        assert told in text_of(preparer.page.text)
