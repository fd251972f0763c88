"""What every answer of the web app keeps to: safe headers, errors as pages, languages, sign-in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from commissions.errors import FourEyes, KeyConflict, SaleUnknown
from storefront import create_app, transactions
from storefront.assets import asset
from storefront.settings import Settings
from tests.storefront.web import PASSWORD, SECRET, STAFF, Browser

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def test_pages_allow_no_foreign_or_inline_script(browser: Browser) -> None:
    answer = browser.get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_each_answer_has_a_nonce_of_its_own(browser: Browser) -> None:
    policies = {browser.get("/sign-in").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


@pytest.mark.parametrize("path", ["/nothing-here", "/@nobody-has-this-handle/x", "/o/wrong"])
def test_what_is_not_there_is_told_as_a_page(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (FourEyes("Batch 1 was built by you."), 409),
        (SaleUnknown("Sale X is unknown."), 404),
        (KeyConflict("two contents"), 409),
        (OperationalError("select 1", {}, Exception("database is locked")), 503),
        (IntegrityError("insert", {}, Exception("somebody wrote the same at once")), 409),
        (ZeroDivisionError("a fault of ours"), 500),
    ],
)
def test_every_error_is_one_page_for_people(app: Flask, fault: Exception, status: int) -> None:
    def fail() -> str:
        raise fault

    app.view_functions["health.live"] = fail
    answer = app.test_client().get("/healthz")
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert "Traceback" not in answer.text
    assert str(fault) not in answer.text, "a stranger isn't told ids and figures"


def test_a_form_without_its_token_changes_nothing(app: Flask) -> None:
    email = STAFF["operator"][0]
    answer = app.test_client().post("/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"


def test_a_wrong_password_says_what_to_check_and_not_which_was_wrong(browser: Browser) -> None:
    known = browser.post("/sign-in", page="/sign-in", email=STAFF["operator"][0], password="x" * 12)
    unknown = browser.post("/sign-in", page="/sign-in", email="no@one.example", password="x" * 12)
    assert known.request.path == unknown.request.path == "/sign-in"
    assert known.text.count("note-bar brick") == unknown.text.count("note-bar brick") == 1


def test_sign_in_leads_to_this_shop_alone(app: Flask) -> None:
    browser = Browser(app.test_client())
    browser.get("/sign-in")
    for target in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        answer = browser.client.post(
            "/sign-in",
            query_string={"next": target},
            data={
                "csrf_token": browser.hidden("csrf_token"),
                "email": STAFF["operator"][0],
                "password": PASSWORD,
            },
        )
        led_to = answer.headers.get("Location", "/")
        assert led_to[0] == "/", target
        assert led_to[1:2] not in {"/", "\\"}, target


@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [
        ("?lang=en", "vi", "en"),
        ("?lang=vi", "en", "vi"),
        ("?lang=xx", "en", "en"),
        ("", "vi-VN,vi;q=0.9", "vi"),
        ("", "ja", "vi"),
    ],
)
def test_a_page_speaks_the_language_asked_for(
    browser: Browser, asked: str, accepted: str, spoken: str
) -> None:
    answer = browser.get(f"/sign-in{asked}", headers={"Accept-Language": accepted})
    assert f'<html lang="{spoken}"' in answer.text


@pytest.mark.parametrize(("language", "said"), [("vi", "Thêm vào giỏ"), ("en", "Add to cart")])
def test_a_page_says_its_texts_in_its_language(browser: Browser, language: str, said: str) -> None:
    page = browser.get(f"/p/rose-toner?lang={language}").text
    assert f'<html lang="{language}"' in page
    assert said in page


def test_a_chosen_language_is_remembered(browser: Browser) -> None:
    browser.get("/sign-in?lang=vi")
    assert '<html lang="vi"' in browser.get("/sign-in", headers={"Accept-Language": "en"}).text


def test_requests_are_logged_with_actor_and_without_secrets(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = Browser(app.test_client())
    visitor.get("/sign-in")
    fields = {"csrf_token": visitor.hidden("csrf_token"), "email": STAFF["operator"][0]}
    visitor.client.post("/sign-in", data={**fields, "password": PASSWORD})
    visitor.get("/o/a-token-that-opens-an-order")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if line.get("event") == "request"]
    assert told[-1]["actor"] == STAFF["operator"][0]
    assert told[-1]["path"] == "/o/…"
    assert len(told[-1]["request_id"]) >= 8
    assert PASSWORD not in json.dumps(lines)


def test_health_and_readiness_are_told_apart(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").get_json()["status"] == "ok"


def test_a_database_without_tables_is_not_ready(empty_database_url: str) -> None:
    app = create_app(Settings(empty_database_url, SECRET))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "behind")
    app.extensions["engine"].dispose()


@pytest.mark.parametrize("accepted", ["gzip", "br", "identity"])
def test_pages_and_files_are_sent_as_small_as_the_browser_takes_them(
    app: Flask, accepted: str
) -> None:
    for path in ("/", "/static/css/base.css"):
        with app.test_client().get(path, headers={"Accept-Encoding": accepted}) as answer:
            told = answer.headers.get("Content-Encoding", "identity")
            assert (answer.status_code, told) == (200, accepted), path


def test_a_file_is_kept_for_long_only_at_the_address_of_its_content(app: Flask) -> None:
    with app.test_request_context():
        current = asset("css/base.css")
    client = app.test_client()

    def kept(path: str, status: int, **headers: str) -> str:
        with client.get(path, headers=headers) as answer:
            assert answer.status_code == status, path
            return answer.headers.get("Cache-Control", "")

    assert "immutable" in kept(current, 200)
    with client.get(current) as answer:
        tag = answer.headers["ETag"]
    assert "immutable" in kept(current, 304, **{"If-None-Match": tag})
    for path, status in (
        (current.replace("base.css", "no-such.css"), 404),
        (current.replace("css/base.css", "icons.svg"), 200),
        ("/static/css/base.css?v=", 200),
        ("/static/css/base.css", 200),
        (f"{current}x", 200),
    ):
        assert "immutable" not in kept(path, status), path


def test_logs_of_a_fault_hold_no_personal_data(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> str:
        transactions.session.execute(
            text("select * from nothing where phone = :phone"), {"phone": "0905 123 456"}
        )
        return ""

    app.view_functions["health.live"] = fail
    assert app.test_client().get("/healthz").status_code >= 500
    logged = capsys.readouterr().out
    assert "nothing" in logged
    assert "0905" not in logged


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_a_host_that_is_not_ours_gets_no_page_of_the_shop(app: Flask, host: str) -> None:
    answer = app.test_client().get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert "evil" not in answer.text


def test_addresses_to_share_begin_where_people_find_the_shop(browser: Browser) -> None:
    page = browser.get("/p/rose-toner").text
    assert 'data-share="http://127.0.0.1:8000/p/rose-toner"' in page


def test_sign_in_is_a_page_whatever_was_asked_for(app: Flask) -> None:
    answer = app.test_client().get("/sign-in", headers={"Accept": "application/json"})
    assert answer.mimetype == "text/html"


def test_the_test_payment_is_not_there_where_another_is_chosen(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], payments="another")
    assert app.test_client().get("/pay/anything").status_code == 404
