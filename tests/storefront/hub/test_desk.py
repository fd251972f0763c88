"""The partner's desk over HTTP: every state, amounts as the ledger has them, nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from commissions import earnings, ledger
from commissions.models import Commission
from storefront import create_app, database
from storefront.settings import Settings
from tests.databases import Databases
from tests.storefront.hub import earned
from tests.storefront.hub.reading import EN, dong, linh, text_of
from tests.storefront.web import SECRET, Browser

pytestmark = pytest.mark.usefixtures("people")

BASE = "http://127.0.0.1:8000"


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def shop_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database with Linh's past, for all tests of this file: they only look."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    engine = database.make_engine(databases.fresh())
    url = earned.open_shop_with_a_past(engine)
    yield engine
    engine.dispose()
    databases.drop(url)


@pytest.fixture(scope="module")
def app(shop_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The web app on that database."""
    url = shop_engine.url.render_as_string(hide_password=False)
    app = create_app(Settings(url, SECRET, spool=tmp_path_factory.mktemp("spool")))
    yield app
    app.extensions["engine"].dispose()


def test_the_money_line_is_the_ledgers_and_adds_up(desk: Browser, shop_engine: Engine) -> None:
    shown = text_of(desk.get(f"/hub/earnings?{EN}").text)
    with database.snapshot(shop_engine) as session:
        program, partner = linh(session)
        totals = earnings.totals(session, program, partner.id)
        booked = totals.on_hold_minor + totals.held_minor + totals.ready_minor
        assert booked == sum(
            ledger.balance(session, program, ref(partner.id))
            for ref in (ledger.accrued, ledger.payable)
        )
        assert ledger.verify(session).findings == ()
    assert all(totals), "the example has money in every state"
    words = ("Estimated", "On hold", "Held for review", "Ready", "In payout", "Paid", "Together")
    for word, minor in zip(words, (*totals, sum(totals)), strict=True):
        assert f"{word} {dong(minor)}" in shown


def test_without_anything_held_the_line_has_no_row_for_it(browser: Browser) -> None:
    browser.sign_in("may")
    line = text_of(browser.get(f"/hub/earnings?{EN}").text).partition("Order by order")[0]
    assert "On hold 95,040 ₫ Ready 0 ₫" in line
    assert "Held for review" not in line


def test_every_state_stands_in_the_list_with_its_sum(desk: Browser, shop_engine: Engine) -> None:
    page = desk.get(f"/hub/earnings?{EN}").text
    shown = text_of(page)
    for word in ("Estimated", "Held for review", "Ready", "In payout", "Paid", "Rejected"):
        assert f"</svg>{word}</span>" in page, word
    assert "Reversed</span>" in page
    assert "On hold until" in shown
    for sentence in (
        "Held for review: many clicks, one address.",
        "Rejected: the order was fraudulent.",
        "Reversed: the goods were sold out.",
        "Reversed: all of the order came back.",
        "Last click, 3 days before the purchase.",
        "Rose toner 200 ml and 1 more",
        "Bonus for",
        "tier from 5,000,000 ₫, plan v1",
        "× 12 % Skin care, plan v1",
    ):
        assert sentence in shown, sentence
    with database.snapshot(shop_engine) as session:
        program, partner = linh(session)
        listed = earnings.listed(session, program, partner.id)
    for one in listed:
        assert f'<li id="e{one.id}">' in page
        assert dong(one.amount_minor) in shown


def test_a_partial_refund_is_told_in_the_sum(desk: Browser) -> None:
    shown = text_of(desk.get(f"/hub/earnings?state=ready&{EN}").text)
    # 12 % of four bottles; one came back while the money was on hold
    assert "Rose toner 200 ml × 4 1,316,000 ₫" in shown
    assert "your commission 157,920 ₫" in shown
    assert "left of it 118,440 ₫" in shown
    assert "Taken back: Rose toner 200 ml" in shown


def test_goods_are_called_as_sold_or_in_the_readers_own_language(desk: Browser) -> None:
    english = text_of(desk.get(f"/hub/earnings?state=ready&{EN}").text)
    vietnamese = text_of(desk.get("/hub/earnings?state=ready&lang=vi").text)
    assert "Rose toner 200 ml × 4" in english, "the buyer read English: that is what it was called"
    assert "Hàng TON-200 × 4" in vietnamese


def test_the_filters_are_words_in_the_address(desk: Browser) -> None:
    paid = desk.get(f"/hub/earnings?state=paid&{EN}").text
    assert paid.count('<li id="e') == 2
    nonsense = desk.get(f"/hub/earnings?state=%00&since=soon&before=٣&{EN}")
    assert nonsense.status_code == 200
    everything = desk.get(f"/hub/earnings?{EN}").text
    assert nonsense.text.count('<li id="e') == everything.count('<li id="e')
    assert re.search(r'href="/hub/earnings\?state=paid&amp;since=\d{4}-\d\d"', paid)
    later = desk.get(f"/hub/earnings?since=2999-01&{EN}").text
    assert "Nothing here with these filters" in later


def test_the_list_goes_on_where_the_page_ended(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ids(page: str) -> list[str]:
        return re.findall(r'<li id="e(-?\d+)">', page)

    everything = ids(desk.get("/hub/earnings").text)
    half = everything[len(everything) // 2]
    assert (
        ids(desk.get(f"/hub/earnings?before={half}").text) == everything[len(everything) // 2 + 1 :]
    )
    assert ids(desk.get("/hub/earnings?before=999999").text) == []


def test_the_next_release_is_told_in_full(desk: Browser, shop_engine: Engine) -> None:
    shown = text_of(desk.get(f"/hub/earnings?{EN}").text)
    with database.snapshot(shop_engine) as session:
        _program, partner = linh(session)
        due = session.scalars(
            select(Commission.amount_minor)
            .where(Commission.partner_id == partner.id, Commission.state == "on_hold")
            .order_by(Commission.due_at, Commission.id)
        ).all()
    # ten bottles less the four that came back: both due on the same day
    assert sorted(due)[:1] == [-157_920]
    assert "236,880 ₫ becomes ready." in shown


def test_home_tells_what_is_ready_and_where_it_goes(desk: Browser) -> None:
    shown = text_of(desk.get(f"/hub?{EN}").text)
    assert "Hello, Linh Đan" in shown
    assert "Test payout: no money moves, •••• 4417" in shown
    assert "VCB" not in shown
    assert "127.0.0.1:8000/ @linhdan" in shown


def test_links_are_the_partners_own_and_made_in_place(desk: Browser) -> None:
    page = desk.get(f"/hub/links?product=lotus-tea&{EN}").text
    assert f'data-copy="{BASE}/@linhdan"' in page
    assert f'data-copy="{BASE}/k/linhdan-hong"' in page
    assert f'data-copy="{BASE}/k/linhdan-hong?to=/p/lotus-tea"' in page
    assert "may-tra" not in page
    assert "The last click counts, for 30 days" in text_of(page)
    for slug in ("no-such-thing", "%00", "%ED%A0%80", "x" * 3_000):
        gone = desk.get(f"/hub/links?product={slug}&{EN}")
        assert gone.status_code == 200
        assert "There is no link to this product" in text_of(gone.text)


def test_a_made_link_leads_to_its_product(
    desk: Browser, new_browser: Callable[[], Browser]
) -> None:
    desk.get("/hub/links?product=lotus-tea")
    followed = new_browser().get("/k/linhdan-hong?to=/p/lotus-tea")
    assert followed.request.path == "/p/lotus-tea"


def test_a_qr_code_is_drawn_for_own_addresses_alone(desk: Browser) -> None:
    for query in ("of=shop", "of=linhdan-hong", "of=linhdan-hong&product=lotus-tea"):
        answer = desk.get(f"/hub/qr.svg?{query}")
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
        assert b"<svg xmlns=" in answer.data
    for query in ("", "of=may-tra", "of=https://evil.example", "of=linhdan-hong&product=%00"):
        assert desk.get(f"/hub/qr.svg?{query}").status_code == 404


def test_nobody_sees_anothers_money(browser: Browser, shop_engine: Engine) -> None:
    browser.sign_in("may")
    page = browser.get(f"/hub/earnings?{EN}").text
    with database.snapshot(shop_engine) as session:
        program, partner = linh(session)
        theirs = [one.id for one in earnings.listed(session, program, partner.id)]
    assert "HS-1" not in page
    for one in theirs:
        assert f'<li id="e{one}">' not in page
        assert f'<li id="e{one}">' not in browser.get(f"/hub/earnings?before={one + 1}").text


def test_a_distributor_sees_the_team_and_the_override(browser: Browser) -> None:
    browser.sign_in("nha-may")
    shown = text_of(browser.get(f"/hub/team?{EN}").text)
    assert "Linh Đan @linhdan" in shown
    assert "Ngọc Mây" not in shown
    earned = text_of(browser.get(f"/hub/earnings?{EN}").text)
    assert "Linh Đan sold Rose toner 200 ml" in earned
    assert "× 3 % for leading Linh Đan, plan v1" in earned


def test_a_member_reads_who_leads_them(desk: Browser, new_browser: Callable[[], Browser]) -> None:
    assert "You are in the team of Nhà Mây" in text_of(desk.get(f"/hub/team?{EN}").text)
    alone = new_browser().sign_in("may")
    assert "You work on your own" in text_of(alone.get(f"/hub/team?{EN}").text)


def test_a_program_in_dollars_has_its_own_money_and_no_links_here(browser: Browser) -> None:
    browser.sign_in("dollar")
    shown = text_of(browser.get(f"/hub/earnings?{EN}").text)
    assert "On hold $12.35" in shown
    assert "₫" not in shown
    assert "Your sales come in by list" in text_of(browser.get(f"/hub/links?{EN}").text)
    assert "Tell us where to pay you" in text_of(browser.get(f"/hub?{EN}").text)
    assert browser.get("/hub/qr.svg?of=shop").status_code == 404


def test_the_desk_is_for_partners_alone(browser: Browser) -> None:
    assert browser.get("/hub").request.path == "/sign-in"
    browser.sign_in("operator")
    for path in ("/hub", "/hub/links", "/hub/earnings", "/hub/team", "/hub/payout-details"):
        assert browser.get(path).status_code == 403
