"""``/k/<code>``: every shopper lands in this shop, whatever the address says."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.models import TouchRecord
from storefront import visits
from storefront.paths import own_path
from tests.storefront.web import Browser, load_clicks

FOREIGN = (
    "https://evil.example",
    "http://evil.example/p/rose-toner",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%2Fevil.example",
    "/%2fevil.example/%2e%2e",
    "/%5Cevil.example",
    "/%255Cevil.example",
    "/%25252525252Fevil.example",
    "%2F%2Fevil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,hi",
    "/p/../..//evil.example",
    "/./evil.example",
    "/p/%2e%2e/%2e%2e//evil.example",
    "evil.example",
    "@evil.example",
    "/:80",
    "/p/x\r\nSet-Cookie: a=b",
    "/p/x%0d%0aSet-Cookie:%20a=b",
    "/p/\x00",
    "/p/%00",
    "/\u2028/evil.example",
    "/\u202eevil",
    "/\ufeff/evil.example",
    "?to=//evil.example",
    "#",
    "",
    "/k/may-tra",
    "/%6b/may-tra",
    "/" + "a" * 500,
)
OWN = ("/", "/p/lotus-tea", "/@ngocmay", "/p/lotus-tea?lang=en#top", "/@l%C3%ADnh", "/cart")

sqlite_alone = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.mark.parametrize("path", FOREIGN)
def test_what_is_not_surely_ours_is_no_path_of_ours(path: str) -> None:
    assert own_path(path) is None


@pytest.mark.parametrize("path", OWN)
def test_a_path_of_this_shop_is_one(path: str) -> None:
    assert own_path(path) == path


@sqlite_alone
def test_no_foreign_address_leads_out_of_the_shop(app: Flask) -> None:
    client = app.test_client()
    for path in FOREIGN:
        answer = client.get("/k/linhdan-hong", query_string={"to": path})
        assert (answer.status_code, answer.location) == (302, "/@linhdan"), path
    for path in OWN:
        answer = client.get("/k/linhdan-hong", query_string={"to": path})
        assert (answer.status_code, answer.location) == (302, path)


@pytest.mark.parametrize("code", ["nobody", "a'b", "%00", "x" * 300, "%F0%9F%8C%B9", "<script>"])
def test_an_unknown_code_still_leads_to_the_shop(browser: Browser, code: str) -> None:
    answer = browser.get(f"/k/{code}")
    assert (answer.status_code, answer.request.path) == (200, "/")


def test_a_link_without_a_target_leads_to_its_partners_page(browser: Browser) -> None:
    assert browser.get("/k/may-tra").request.path == "/@ngocmay"


@pytest.mark.parametrize("path", ["/@nobody", "/@%00", "/p/nothing", "/p/%00", "/media/x", "/o/x",
                                  "/o/%00", "/pay/x", "/pay/%00"])  # fmt: skip
def test_what_is_not_here_is_told_as_a_page(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


@sqlite_alone
@pytest.mark.parametrize("path", ["/k/linhdan-hong", "/@linhdan"])
def test_who_only_reads_ahead_is_no_touch(app: Flask, path: str) -> None:
    client = app.test_client()
    client.head(path)
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        client.get(path, headers=headers)
    load_clicks(app)
    with Session(app.extensions["engine"]) as session:
        assert [*session.scalars(select(TouchRecord.uncounted))] == ["preview"] * 3
        assert [*session.scalars(select(TouchRecord.visitor))] == [None] * 3


@sqlite_alone
@pytest.mark.parametrize("name", ["visit", "cart", "session", "lang"])
@pytest.mark.parametrize(
    "value", ["forged", "a.b.c", "x" * 3000, "ImV2aWwi.aaaa.bbbb", "\xff\xfe", ""]
)
def test_a_forged_cookie_counts_as_none(app: Flask, name: str, value: str) -> None:
    browser = Browser(app.test_client())
    browser.client.set_cookie(name, value)
    for path in ("/", "/k/linhdan-hong", "/@linhdan", "/p/rose-toner", "/cart", "/checkout"):
        assert browser.get(path).status_code == 200


@sqlite_alone
def test_a_stale_cookie_counts_as_none(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(app.test_client())
    browser.get("/k/linhdan-hong")
    browser.post("/cart/add", page="/p/rose-toner", sku="TON-200")
    monkeypatch.setitem(visits._KEPT_DAYS, "cart", -1)  # noqa: SLF001  # as if sixty days had passed
    monkeypatch.setitem(visits._KEPT_DAYS, "visit", -1)  # noqa: SLF001
    assert "TON-200" not in browser.get("/cart").text
