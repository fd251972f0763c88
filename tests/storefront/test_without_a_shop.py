"""An installation before it has a shop, or a program: each has a place, and reads what is next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from commissions import accrual, conversions, partners, programs
from commissions.models import Program
from commissions.values import Completion
from storefront import clock, create_app, database
from storefront.access import PARTNER
from storefront.accounts import users
from storefront.accounts.brake import MOST_FOR_AN_ACCOUNT
from storefront.accounts.models import User
from storefront.settings import Environment, Settings
from tests.factories import at, make_partner, make_program, make_sale, make_touch
from tests.storefront.hub.reading import text_of
from tests.storefront.web import HASHED, KOCS, PASSWORD, SECRET, STAFF, Browser

BANNER = 'class="testmode"'
HUB = ("/hub", "/hub/links", "/hub/earnings", "/hub/team", "/hub/payout-details")


@pytest.fixture
def app(engine: Engine, database_url: str) -> Iterator[Flask]:
    """The web app of an installation that is in earnest, and empty but for its staff."""
    with database.transaction(engine) as session:
        for email, role in STAFF.values():
            users.create(session, email, name=role, password_hash=HASHED, roles=[role])
    app = create_app(
        Settings(database_url, SECRET, environment=Environment.PRODUCTION, payments="none")
    )
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def program(app: Flask, engine: Engine) -> None:
    """A program with a partner who signs in, and an order that she brought."""
    del app
    with database.transaction(engine) as session:
        _with_a_partner(session, make_program(session, name="Online roses"))


def _with_a_partner(session: Session, program: Program) -> None:
    mai = make_partner(session, program, "mai")
    partners.give_link(session, program, mai, code="mai")
    touch = make_touch(mai, at("2024-01-04"))
    conversions.record(session, program, [make_sale(touches=(touch,))])
    accrual.accrue(session, program, [Completion("S-1", at("2024-01-10"))], actor="shop")
    users.create(
        session, KOCS["may"], name="Mai", password_hash=HASHED, roles=[PARTNER], partner_id=mai.id
    )


@pytest.mark.usefixtures("program")
def test_a_partner_has_a_desk_where_there_is_a_program_alone(browser: Browser) -> None:
    browser.sign_in("may")
    for path in HUB:
        page = browser.get(f"{path}?lang=en")
        assert page.status_code == 200, path
        assert "Online roses" in page.text, path
        assert BANNER not in page.text, path
        assert 'action="/sign-out"' in page.text, path
    assert "€10.00" in text_of(browser.get("/hub/earnings?lang=en").text)


@pytest.mark.usefixtures("program")
def test_links_that_lead_nowhere_are_not_shown_and_the_page_says_why(browser: Browser) -> None:
    page = browser.sign_in("may").get("/hub/links?product=anything&lang=en")
    assert "Online roses has no shop here that a link could lead to" in text_of(page.text)
    assert "/k/" not in page.text
    assert browser.get("/hub/qr.svg?of=mai").status_code == 404


@pytest.mark.usefixtures("program")
def test_a_partner_leaves_payout_details_where_there_is_no_shop(
    browser: Browser, engine: Engine
) -> None:
    browser.sign_in("may")
    kept = browser.post(
        "/hub/payout-details",
        page="/hub/payout-details?lang=en",
        rail="manual",
        account="ACB 0081 9923 55",
    )
    assert "Kept. The next payout goes to •••• 2355." in text_of(kept.text)
    with database.snapshot(engine) as session:
        assert (
            partners.find(session, programs.find(session, "roses"), "mai").payout_destination
            == "ACB 0081 9923 55"
        )


@pytest.mark.parametrize("who", ["operator", "preparer", "approver", "admin"])
def test_staff_of_an_empty_installation_read_what_comes_next(browser: Browser, who: str) -> None:
    landed = browser.sign_in(who).get("/me?lang=en")
    shown = text_of(landed.text)
    assert landed.status_code == 200
    assert "hoahong program apply program.toml --yes" in shown
    assert "hoahong sales import --program CODE" in shown
    assert 'action="/sign-out"' in landed.text
    assert BANNER not in landed.text


@pytest.mark.usefixtures("program")
def test_finance_works_with_a_program_alone_and_claims_no_test_mode(browser: Browser) -> None:
    browser.sign_in("preparer")
    for path in ("/finance/review", "/finance/payouts", "/finance/books", "/finance/orders/S-1"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert BANNER not in page.text, path


@pytest.mark.usefixtures("program")
def test_an_operator_without_a_shop_is_told_how_orders_come_in(browser: Browser) -> None:
    shown = text_of(browser.sign_in("operator").get("/desk/orders?lang=en").text)
    assert "There is no shop here yet" in shown
    assert "program apply" not in shown, "there is a program"
    assert "hoahong user create MAIL --name NAME --role preparer" in shown
    assert browser.get("/desk/orders/HS-1").status_code == 200, "there is nothing else to say"


@pytest.mark.usefixtures("program")
def test_a_shopper_is_led_to_sign_in_and_staff_to_their_desk(
    browser: Browser, new_browser: type[Browser]
) -> None:
    for path in ("/", "/cart", "/@mai", "/k/mai", "/p/anything", "/nothing-here"):
        page = browser.get(f"{path}?lang=en")
        assert page.status_code == 404, path
        assert 'href="/sign-in"' in page.text, path
        assert "To the shop" not in page.text, path
    assert "There is no shop here yet" in text_of(browser.get("/?lang=en").text)
    desk = new_browser().sign_in("preparer")  # type: ignore[call-arg]  # reason: a fixture's class
    lost = desk.get("/?lang=en")
    assert lost.status_code == 404
    assert 'href="/me"' in lost.text
    assert 'action="/sign-out"' in lost.text


@pytest.mark.usefixtures("program")
def test_a_partner_whom_nobody_connected_can_sign_out(browser: Browser, engine: Engine) -> None:
    with database.transaction(engine) as session:
        session.execute(update(User).where(User.email == KOCS["may"]).values(partner_id=None))
    fields = {"email": KOCS["may"], "password": PASSWORD}
    lost = browser.post("/sign-in?lang=en", page="/sign-in?lang=en", **fields)
    assert lost.status_code == 404
    assert "This account has no desk" in text_of(lost.text)
    assert 'action="/sign-out"' in lost.text


def test_a_pause_in_sign_in_is_told_by_the_programs_clock(
    browser: Browser, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "wall", lambda: at("2026-12-01 12:00"))
    fields = {"email": "nobody@x.example", "password": "x" * 12}
    for _each in range(MOST_FOR_AN_ACCOUNT):
        browser.post("/sign-in", page="/sign-in?lang=en", **fields)
    told = browser.post("/sign-in", page="/sign-in?lang=en", **fields)
    assert "Try again at 12:15 UTC." in told.text
    with database.transaction(engine) as session:
        make_program(session, time_zone="Asia/Ho_Chi_Minh")
    told = browser.post("/sign-in", page="/sign-in?lang=en", **fields)
    assert "Try again at 19:15." in told.text
