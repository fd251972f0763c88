"""Pages that aren't here: told in the reader's own surroundings; and addresses typed by hand."""

from __future__ import annotations

from html import unescape

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from commissions.models import TouchRecord
from storefront import create_app, database, transactions
from storefront.settings import Settings
from tests.storefront.hub.reading import text_of
from tests.storefront.web import SECRET, Browser, load_clicks

ON_ONE_KIND = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NOWHERE = ("/nothing-here", "/@nobody", "/p/no-such-thing", "/o/wrong", "/media/none.svg")


@ON_ONE_KIND
@pytest.mark.parametrize("path", NOWHERE)
def test_a_shopper_who_is_lost_is_still_in_the_shop(browser: Browser, path: str) -> None:
    page = browser.get(f"{path}?lang=en")
    assert page.status_code == 404
    assert "<title>This page isn't here · Hoa Sớm</title>" in unescape(page.text)
    for part in ('href="/cart"', "lang=vi", 'href="/"', "To the shop"):
        assert part in page.text, part
    assert "Go back" not in page.text, "it came from nowhere"


@ON_ONE_KIND
def test_a_page_of_ours_that_led_astray_is_led_back_to(browser: Browser) -> None:
    page = browser.get("/nothing-here?lang=en", headers={"Referer": "http://localhost/cart"})
    assert '<a class="button" href="/cart">Go back</a>' in page.text
    again = browser.get("/nothing-here?lang=en", headers={"Referer": page.request.url})
    assert "Go back" not in again.text


@ON_ONE_KIND
@pytest.mark.parametrize("who", ["operator", "preparer", "approver", "admin"])
def test_staff_who_are_lost_stand_in_their_own_console(browser: Browser, who: str) -> None:
    browser.sign_in(who)
    for path in ("/nothing-here?lang=en", "/desk/orders/HS-0", "/hub"):
        page = browser.get(path)
        assert page.status_code in {403, 404}
        assert 'class="consolehead"' in page.text
        assert 'href="/me">To my desk' in page.text
        assert "To the shop" not in page.text


@ON_ONE_KIND
def test_a_partner_who_is_lost_finds_desk_and_shop(browser: Browser) -> None:
    page = browser.sign_in("linh").get("/hub/nothing?lang=en")
    assert 'href="/me">To my desk' in page.text
    assert 'href="/">To the shop' in page.text


@ON_ONE_KIND
def test_what_a_form_names_wrongly_did_not_work(browser: Browser) -> None:
    told = browser.post("/supporting", page="/p/rose-toner?lang=en", handle="nobody")
    assert "That didn't work" in text_of(told.text)
    assert "Your cart is as it was" in text_of(told.text)


@pytest.mark.parametrize("typed", ["LINHDAN", "LinhDan"])
def test_a_handle_is_found_however_it_is_typed(
    app: Flask, browser: Browser, shop_engine: Engine, typed: str
) -> None:
    page = browser.get(f"/@{typed}?lang=en")
    assert (page.status_code, page.request.path) == (200, "/@linhdan")
    assert page.request.query_string == b"lang=en"
    load_clicks(app)
    with Session(shop_engine) as session:
        assert session.scalar(select(func.count()).select_from(TouchRecord)) == 1
    assert browser.get("/@LINHDA").status_code == 404
    assert browser.get("/@LINHDAN?handle=x&_external=1&_scheme=x").request.path == "/@linhdan"


@ON_ONE_KIND
def test_browsers_and_search_engines_find_what_they_ask_for_by_name(app: Flask) -> None:
    client = app.test_client()
    rose = client.get("/favicon.ico")
    assert (rose.status_code, rose.mimetype) == (200, "image/svg+xml")
    assert b"<svg" in rose.data
    robots = client.get("/robots.txt")
    assert (robots.status_code, robots.mimetype) == (200, "text/plain")
    lines = robots.text.splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("/cart", "/checkout", "/o/", "/pay/", "/hub", "/desk", "/finance"):
        assert f"Disallow: {path}" in lines


@ON_ONE_KIND
def test_a_fault_is_told_without_the_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        def refuse(*_given: object) -> None:
            raise OperationalError("select 1", {}, Exception("disk I/O error"))

        monkeypatch.setattr(database, "snapshot", refuse)
        return str(transactions.session.info)

    app.view_functions["health.live"] = fail
    answer = app.test_client().get("/healthz?lang=en")
    assert answer.status_code == 503
    assert "The shop is very busy right now" in text_of(answer.text)
    lost = app.test_client().get("/nothing-here?lang=en")
    assert lost.status_code == 404, "what isn't there isn't there, database or not"
    assert "This page isn't here" in text_of(lost.text)


def test_a_lost_page_is_told_where_the_database_is_not_brought_up(empty_database_url: str) -> None:
    app = create_app(Settings(empty_database_url, SECRET))
    answer = app.test_client().get("/nothing-here?lang=en")
    assert answer.status_code == 404
    assert "This page isn't here" in text_of(answer.text)
    app.extensions["engine"].dispose()
