"""Sign-in: whom a browser remembers and for how long, who is asked again, where it leads on to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions.models import Batch, Partner
from tests.storefront.finance import paying
from tests.storefront.web import KOCS, PASSWORD, STAFF, Browser

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

DETAILS = "/hub/payout-details"
PAYOUTS = "/finance/payouts"
WRONG = "Mail and password don't go together"


def sign_in(browser: Browser, who: str, *, address: str = "/sign-in", **fields: str) -> list[str]:
    """Sign in, and return the cookies that the answer sets."""
    browser.get("/sign-in?lang=en")
    answer = browser.client.post(
        address,
        data={
            "csrf_token": browser.hidden("csrf_token"),
            "email": KOCS.get(who) or STAFF[who][0],
            "password": PASSWORD,
            **fields,
        },
    )
    assert answer.status_code == 302, answer.text
    return answer.headers.getlist("Set-Cookie")


def remembered(cookies: list[str]) -> str | None:
    """Return the cookie by which a browser stays signed in."""
    return next((one for one in cookies if one.startswith("remember_token=")), None)


def fill_in(browser: Browser, page: str, **fields: str) -> None:
    """Open a page and send its form, with the mark of who writes."""
    browser.get(f"{page}?lang=en")
    browser.post(page, page=f"{page}?lang=en", writer=browser.hidden("writer"), **fields)


def age(browser: Browser, hours: float) -> None:
    """Let the password have been typed so many hours ago."""
    with browser.client.session_transaction() as stored:
        stored["fs_paa"] -= hours * 3_600


def again(browser: Browser, password: str = PASSWORD) -> str:
    """Type the password once more on the page in hand, and return the page that follows."""
    assert browser.page is not None
    assert browser.page.request.path == "/sign-in/again"
    here = browser.page.request.full_path
    return browser.post(here, page=here, password=password).text


def test_a_browser_stays_signed_in_for_thirty_days_where_no_money_moves(browser: Browser) -> None:
    cookie = remembered(sign_in(browser, "linh", remember="y"))
    assert cookie is not None
    expires = re.search(r"Expires=([^;]+)", cookie)
    assert expires is not None
    left = parsedate_to_datetime(expires[1]) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)
    browser.client.delete_cookie("session")
    assert browser.get("/hub").request.path == "/hub"


@pytest.mark.parametrize("who", ["preparer", "approver", "admin"])
def test_who_works_with_the_books_is_never_remembered(browser: Browser, who: str) -> None:
    assert remembered(sign_in(browser, who, remember="y")) is None


def test_who_did_not_ask_for_it_is_not_remembered(browser: Browser) -> None:
    assert remembered(sign_in(browser, "operator")) is None


def test_money_goes_elsewhere_only_for_who_has_typed_the_password_lately(
    browser: Browser, shop_engine: Engine
) -> None:
    browser.sign_in("linh")
    age(browser, 11.9)
    fill_in(browser, DETAILS, rail="manual", account="ACB 5566 77")
    assert destination(shop_engine) == "ACB 5566 77"
    age(browser, 0.2)
    fill_in(browser, DETAILS, rail="manual", account="ACB 9900 11")
    assert destination(shop_engine) == "ACB 5566 77"
    assert "That isn't your password" in again(browser, "not the password")
    page = again(browser)
    assert browser.page is not None
    assert browser.page.request.path == DETAILS
    assert 'value="ACB 9900 11"' in page
    fill_in(browser, DETAILS, rail="manual", account="ACB 9900 11")
    assert destination(shop_engine) == "ACB 9900 11"


def test_a_remembered_browser_is_asked_for_the_password(
    browser: Browser, shop_engine: Engine
) -> None:
    sign_in(browser, "linh", remember="y")
    browser.client.delete_cookie("session")
    fill_in(browser, DETAILS, rail="manual", account="ACB 5566 77")
    assert destination(shop_engine) == "VCB 4417"
    assert 'value="ACB 5566 77"' in again(browser)


def test_finance_is_asked_again_before_it_builds_approves_and_sends(
    browser: Browser, new_browser: type[Browser], shop_engine: Engine
) -> None:
    paying.two_ready_one_on_hold(shop_engine)
    browser.sign_in("preparer")
    approver = new_browser().sign_in("approver")  # type: ignore[call-arg]  # reason: a fixture's class
    age(browser, 13)
    fill_in(browser, PAYOUTS, what="build", partners="may")
    page = again(browser)
    assert re.search(r'value="may"[^>]* checked', page)
    assert not re.search(r'value="linh"[^>]* checked', page)
    fill_in(browser, PAYOUTS, what="build", partners="may")
    for what, state in (("approve", "built"), ("send", "approved")):
        age(approver, 13)
        approver.post(f"{PAYOUTS}/1/{what}", page=f"{PAYOUTS}/1")
        assert batch_state(shop_engine) == state
        again(approver)
        assert approver.page is not None
        assert approver.page.request.path == f"{PAYOUTS}/1"
        assert approver.post(f"{PAYOUTS}/1/{what}", page=f"{PAYOUTS}/1").status_code == 200
    assert batch_state(shop_engine) == "approved"


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_the_right_password_is_right_wherever_it_should_lead(browser: Browser, where: str) -> None:
    sign_in(browser, "operator", address=f"/sign-in?next={where}")
    assert browser.get("/me").request.path == "/desk/orders"
    age(browser, 13)
    browser.get(f"/sign-in/again?next={where}&lang=en")
    assert "isn't your password" not in again(browser)


def test_a_foreign_address_is_not_carried_along(browser: Browser) -> None:
    page = browser.get("/sign-in?next=//evil.example&lang=en").text
    form = page[page.index("<form") :]
    assert "evil" not in form[: form.index("</form>")]
    assert "/sign-in?next=/hub/earnings" in browser.get("/sign-in?next=/hub/earnings").text


def test_only_a_wrong_password_is_called_wrong(browser: Browser) -> None:
    fields = {"email": STAFF["operator"][0], "password": "x" * 12}
    page = browser.post("/sign-in?next=//evil.example", page="/sign-in?lang=en", **fields)
    assert WRONG in page.text


@pytest.mark.parametrize("body", ["[1]", "{", "3", '{"email": {"a": 1}}'])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_what_no_page_sends_is_refused(browser: Browser, path: str, body: str) -> None:
    browser.get("/sign-in")
    answer = browser.client.post(
        path,
        data=body,
        content_type="application/json",
        headers={"X-CSRFToken": browser.hidden("csrf_token")},
    )
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@pytest.mark.parametrize("cookie", ["a|é", "é", "a|", "|", "ä|ö|ü"])
def test_a_forged_cookie_signs_nobody_in_and_breaks_nothing(app: Flask, cookie: str) -> None:
    client = app.test_client(use_cookies=False)
    header = {"Cookie": f"remember_token={cookie}".encode().decode("latin-1")}
    for path in ("/", "/sign-in"):
        answer = client.get(path, headers=header)
        assert answer.status_code == 200, path
        forgotten = any(
            one.startswith("remember_token=;") for one in answer.headers.getlist("Set-Cookie")
        )
        assert forgotten == (not cookie.isascii())
    assert client.get("/hub", headers=header).headers["Location"].startswith("/sign-in?")


def destination(engine: Engine) -> str | None:
    """Return where Linh is paid."""
    with Session(engine) as session:
        return session.scalar(select(Partner.payout_destination).where(Partner.code == "linh"))


def batch_state(engine: Engine) -> str | None:
    """Return where the only batch stands."""
    with Session(engine) as session:
        return session.scalar(select(Batch.state))
