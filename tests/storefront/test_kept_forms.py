"""What was typed is given back when a form couldn't be taken: to its writer, and to nobody else."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import Engine

from commissions import programs
from storefront import clock, database
from storefront.orders import workflow
from tests.storefront.hub.earned import Past
from tests.storefront.merchant.test_desk import NUMBER, place
from tests.storefront.web import CODE, PASSWORD, STAFF, Browser

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

LONGEST_COOKIE = 4_096  # with its name and terms, as browsers keep it


@dataclass(frozen=True)
class Form:
    """A form: whose it is, on which page, where it goes, what is typed, and how it comes back."""

    who: str
    page: str
    path: str
    fields: tuple[tuple[str, str], ...]
    again: tuple[str, ...]


FORMS = (
    Form(
        "linh",
        "/hub/payout-details?lang=en",
        "/hub/payout-details",
        (("rail", "manual"), ("account", "ACB 5566 77")),
        (r'value="ACB 5566 77"', r'value="manual" required checked'),
    ),
    Form(
        "operator",
        f"/desk/orders/{NUMBER}",
        f"/desk/orders/{NUMBER}/ship",
        (("carrier", "Giao Sớm"), ("tracking", "8830 2716")),
        (r'value="Giao Sớm"', r'value="8830 2716"'),
    ),
    Form(
        "preparer",
        "/finance/review?state=ready",
        "/finance/review/decide",
        (("ids", "1"), ("action", "hold"), ("place", "bar"), ("reason", "Ask the KOC first")),
        (r'value="Ask the KOC first"', r'name="ids" value="1"[^>]* checked'),
    ),
    Form(
        "preparer",
        "/finance/payouts",
        "/finance/payouts",
        (("what", "build"), ("partners", "may")),
        (r'value="linh"[^>]*Linh Đan">', r'value="may"[^>]* checked>'),
    ),
)


def session_is_lost(browser: Browser) -> None:
    """The browser has dropped its cookies."""
    for name in ("session", "remember_token"):
        browser.client.delete_cookie(name)


def signed_out_elsewhere(browser: Browser) -> None:
    """Another tab of the same browser has signed out."""
    token = browser.hidden("csrf_token")
    browser.client.post("/sign-out", data={"csrf_token": token})


@pytest.fixture
def trading(shop_engine: Engine, app: Flask) -> None:
    """One order to ship, and one commission that is ready."""
    with database.transaction(shop_engine) as session:
        order = place(session)
        workflow.mark_paid(session, order, at=clock.now(session), actor="shopper")
    with database.transaction(shop_engine) as session:
        past = Past(session, programs.find(session, CODE))
        for code in ("linh", "may"):
            past.complete(past.sell(f"A-{code}", ("TON-200", 1), days=40, by=code), days=30)
        past.release(days=1)


def send(browser: Browser, form: Form) -> str:
    """Fill in and send a form; return where it leads."""
    fields = {
        "csrf_token": browser.hidden("csrf_token"),
        "writer": browser.hidden("writer"),
        **dict(form.fields),
    }
    answer = browser.client.post(
        form.path, data=fields, headers={"Referer": f"http://localhost{form.page}"}
    )
    assert answer.status_code == 303
    return answer.headers["Location"]


def sign_in_at(browser: Browser, address: str, email: str) -> str:
    """Sign in on the page that the form led to, and return the page that follows."""
    page = browser.post(address, page=address, email=email, password=PASSWORD)
    return page.text


@pytest.mark.usefixtures("trading")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.path)
@pytest.mark.parametrize("run_out", [session_is_lost, signed_out_elsewhere])
def test_a_sign_in_that_ran_out_keeps_what_was_typed(
    app: Flask, form: Form, run_out: Callable[[Browser], None]
) -> None:
    browser = Browser(app.test_client()).sign_in(form.who)
    browser.get(form.page)
    run_out(browser)
    address = send(browser, form)
    assert address.startswith("/sign-in?next=")
    page = sign_in_at(browser, address, _mail(form.who))
    for again in form.again:
        assert re.search(again, page), again
    browser.get(form.page)
    assert browser.page
    assert not re.search(form.again[0], browser.page.text), "it is given back once"


@pytest.mark.usefixtures("trading")
def test_nobody_else_is_shown_what_was_typed(app: Flask) -> None:
    form = FORMS[0]
    browser = Browser(app.test_client()).sign_in(form.who)
    browser.get(form.page)
    signed_out_elsewhere(browser)
    page = sign_in_at(browser, send(browser, form), "may@hoasom.example")
    assert "payout" in page
    assert "ACB 5566" not in page


@pytest.mark.usefixtures("trading")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.path)
def test_a_form_whose_token_is_gone_stands_there_again(app: Flask, form: Form) -> None:
    browser = Browser(app.test_client()).sign_in(form.who)
    browser.get(form.page)
    with browser.client.session_transaction() as stored:
        stored.pop("csrf_token")
    page = browser.get(send(browser, form)).text
    for again in form.again:
        assert re.search(again, page), again


def test_many_ticked_rows_and_a_long_reason_are_kept(app: Flask) -> None:
    browser = Browser(app.test_client()).sign_in("preparer")
    browser.get("/finance/review?lang=en")
    browser.client.delete_cookie("session")
    chance = random.Random(7)
    ids = [str(chance.randrange(10**6, 10**7)) for _ in range(200)]
    reason = "".join(chance.choice("ăâđêôơưạảấầẩẫậắằ ởỡợụủứừửữự xin hỏi lại") for _ in range(300))
    typed = {"ids": ids, "action": "hold", "place": "bar", "reason": reason}
    answer = browser.client.post(
        "/finance/review/decide",
        data=typed,
        headers={"Referer": "http://localhost/finance/review?lang=en"},
    )
    assert len(answer.headers["Set-Cookie"]) < LONGEST_COOKIE
    assert "what you typed is kept" in browser.get(answer.headers["Location"] + "&lang=en").text
    with browser.client.session_transaction() as stored:
        assert stored["typed"]["fields"] == {
            name: text if isinstance(text, list) else [text] for name, text in typed.items()
        }


@pytest.mark.parametrize(
    ("signs", "referrer"),
    [
        (12_000, "http://localhost/finance/review"),
        (100_000, "http://localhost/finance/review"),
        (10, None),
        (10, "https://elsewhere.example/form"),
    ],
)
def test_what_could_not_be_kept_is_not_called_kept(
    app: Flask, signs: int, referrer: str | None
) -> None:
    """Too much for a cookie, or from a browser that doesn't tell which page it was on."""
    browser = Browser(app.test_client()).sign_in("preparer")
    browser.get("/finance/review?lang=en")
    browser.client.delete_cookie("session")
    with browser.client.session_transaction() as stored:
        stored["typed"] = {"path": "/finance/review", "fields": {"reason": ["Older"]}}
    chance = random.Random(7)
    typed = {"ids": "1", "reason": "".join(chance.choices(string.ascii_letters, k=signs))}
    headers = {"Referer": referrer} if referrer else {}
    answer = browser.client.post("/finance/review/decide", data=typed, headers=headers)
    assert len(answer.headers["Set-Cookie"]) < LONGEST_COOKIE
    page = browser.get(answer.headers["Location"] + "&lang=en").text
    assert "what you typed could not be kept" in page
    with browser.client.session_transaction() as stored:
        assert "typed" not in stored


def test_a_form_whose_token_is_gone_with_too_much_in_it_is_left_to_the_browser(
    app: Flask,
) -> None:
    browser = Browser(app.test_client()).sign_in("preparer")
    browser.get("/finance/review?lang=en")
    with browser.client.session_transaction() as stored:
        stored.pop("csrf_token")
    typed = {"ids": "1", "reason": "".join(random.Random(7).choices(string.ascii_letters, k=9_000))}
    answer = browser.client.post(
        "/finance/review/decide",
        data=typed,
        headers={"Referer": "http://localhost/finance/review"},
    )
    assert answer.status_code == 400
    assert "Everything is still here" not in browser.get("/finance/review").text


@pytest.mark.usefixtures("trading")
@pytest.mark.parametrize(
    "referrer",
    ["https://elsewhere.example/form", "http://localhost//elsewhere.example", "http://localhost"],
)
def test_a_form_from_elsewhere_is_refused(app: Flask, referrer: str) -> None:
    browser = Browser(app.test_client()).sign_in("operator")
    answer = browser.client.post(FORMS[1].path, data={"x": "1"}, headers={"Referer": referrer})
    assert answer.status_code == 400


def _mail(who: str) -> str:
    return STAFF[who][0] if who in STAFF else f"{who}@hoasom.example"
