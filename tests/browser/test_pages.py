"""Every page, on phone and desk, by day and by night: readable by everybody, no complaint."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.models import Batch
from storefront import database
from storefront.access import ACCESS
from storefront.orders.models import Order
from storefront.orders.states import OrderState
from tests.browser.conftest import Site
from tests.browser.visitor import SIZES, Visitor, visit

pytestmark = pytest.mark.slow

# Who looks at which pages. An address in braces is looked up in the world.
PAGES: dict[str, tuple[str, ...]] = {
    "": (
        "/",
        "/@linhdan",
        "/p/{slug}",
        "/cart",
        "/o/{token_new}",
        "/o/{token_done}",
        "/sign-in",
        "/nothing-here",
    ),
    "linhdan": (
        "/hub",
        "/hub/links",
        "/hub/earnings",
        "/hub/team",
        "/hub/payout-details",
        "/sign-in/again",
    ),
    "operator": (
        "/desk/orders",
        "/desk/orders/{number_new}",
        "/desk/orders/{number_done}",
        "/demo",
    ),
    "approver": (
        "/finance/review",
        "/finance/payouts",
        "/finance/payouts/{batch}",
        "/finance/books",
        "/finance/find",
        "/finance/find?q=a",
        "/finance/orders/{number_done}",
        "/finance/partners/linhdan",
    ),
}
# Opened on the way to another page, or no page at all; the tests of the five minutes see them.
SEEN_ELSEWHERE = {
    "links.follow", "shop.picture", "orders.checkout", "payments.test_page", "hub.qr",
    "accounts.me", "finance.home", "finance.payments", "static", "assets.favicon", "assets.robots",
    "health.live", "health.ready", "health.metrics",
}  # fmt: skip


@pytest.fixture(scope="module")
def places(site: Site) -> dict[str, str]:
    """Addresses that differ from world to world."""
    with Session(site.engine) as session:
        newest = select(Order).order_by(Order.id.desc()).limit(1)
        new = session.scalars(newest.where(Order.state == OrderState.PAID)).one()
        done = session.scalars(
            newest.where(Order.state == OrderState.COMPLETED, Order.partner_id.is_not(None))
        ).one()
        batch = session.scalars(select(Batch.id).order_by(Batch.id.desc()).limit(1)).one()
        slug = done.lines[0].product.slug
        return {
            "slug": slug,
            "token_new": new.token,
            "number_new": new.number,
            "token_done": done.token,
            "number_done": done.number,
            "batch": str(batch),
        }


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("who", PAGES)
def test_pages_are_without_fault(
    chromium: Browser, site: Site, places: dict[str, str], who: str, size: str, colours: str
) -> None:
    visitor = visit(chromium, site, size=size, colours=colours)
    if who:
        visitor.sign_in(who)
    faults = {}
    for page in PAGES[who]:
        visitor.open(page.format(**places))
        found = [one for one in visitor.faults() if not _is_expected(page, one)]
        if found:
            faults[page] = found
    visitor.context.close()
    assert faults == {}


@pytest.mark.parametrize("size", SIZES)
def test_long_words_break_and_no_page_scrolls_sideways(
    chromium: Browser, site: Site, places: dict[str, str], size: str
) -> None:
    with database.transaction(site.engine) as session:
        order = session.scalars(select(Order).where(Order.number == places["number_done"])).one()
        kept = order.name, order.address, order.city, order.note
        order.name, order.address, order.city, order.note = (
            "W" * 120,
            "M" * 300,
            "W" * 100,
            "M" * 400,
        )
    faults = {}
    for who in ("", "operator", "approver"):
        visitor = visit(chromium, site, size=size)
        if who:
            visitor.sign_in(who)
        for page in (one for one in PAGES[who] if "_done}" in one or one == "/desk/orders"):
            visitor.open(page.format(**places))
            found = visitor.faults()
            if size == "desk":
                found += visitor.page.evaluate(
                    "[...document.querySelectorAll('.scroll')]"
                    ".filter(one => one.scrollWidth > one.clientWidth)"
                    ".map(one => `a table is cut: ${one.scrollWidth} in ${one.clientWidth}`)"
                )
            if found:
                faults[page] = found
        visitor.context.close()
    with database.transaction(site.engine) as session:
        order = session.scalars(select(Order).where(Order.number == places["number_done"])).one()
        order.name, order.address, order.city, order.note = kept
    assert faults == {}


def test_the_brands_orders_show_number_state_and_total_on_a_phone(
    chromium: Browser, site: Site
) -> None:
    visitor = visit(chromium, site).sign_in("operator")
    cells = visitor.open("/desk/orders").locator("tbody tr:first-child > *")
    seen = [cells.nth(place).bounding_box() for place in range(3)]
    shown = [cells.nth(place).inner_text() for place in range(3)]
    visitor.context.close()
    assert all(box and box["x"] + box["width"] <= SIZES["phone"]["width"] for box in seen), seen
    assert shown[0].startswith("HS-")
    assert shown[2].replace(".", "").isdigit()


def test_no_page_is_left_out(site: Site, chromium: Browser, places: dict[str, str]) -> None:
    del chromium
    from storefront import create_app  # noqa: PLC0415  # reason: the routes of a second app
    from storefront.settings import Settings  # noqa: PLC0415  # reason: the same

    app = create_app(Settings(str(site.engine.url), "x" * 40))
    adapter = app.url_map.bind("localhost")
    seen = {
        adapter.match(page.format(**places).partition("?")[0])[0]
        for pages in PAGES.values()
        for page in pages
        if page != "/nothing-here"
    }
    shown = {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())
    } & ACCESS.keys()
    app.extensions["engine"].dispose()
    assert shown - seen - SEEN_ELSEWHERE == set()


def _is_expected(page: str, fault: str) -> bool:
    """Tell whether the browser itself notes that a page isn't there."""
    return page == "/nothing-here" and "404" in fault


def test_the_look_is_told_apart_by_the_harness(chromium: Browser, site: Site) -> None:
    """A page with faults is found out, or the tests above prove nothing."""
    visitor: Visitor = visit(chromium, site)
    visitor.open("/sign-in")
    visitor.page.evaluate(
        """() => {
          const image = document.createElement("img");
          image.src = "/static/rose.svg";
          document.querySelector("main").append(image);
          const wide = document.createElement("div");
          wide.className = "wide";
          wide.innerHTML = "<pre>" + "x".repeat(900) + "</pre>";
          document.querySelector("main").append(wide);
          console.error("a complaint");
        }"""
    )
    faults = "\n".join(visitor.faults())
    visitor.context.close()
    for told in ("axe image-alt", "sideways", "a complaint"):
        assert told in faults
