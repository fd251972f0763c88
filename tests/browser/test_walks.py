"""The loop as people walk it in a browser: five minutes, by keyboard alone, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import ledger
from commissions.models import Batch, Partner, Payout
from storefront.orders.models import Order
from storefront.shop.models import Product
from tests.browser.conftest import Site
from tests.browser.visitor import Visitor, visit

pytestmark = pytest.mark.slow

SHOPPER = {
    "name": "Nguyễn Thu Trang",
    "phone": "0905 123 456",
    "address": "142 ngõ Hoa Giấy",
    "city": "Đà Nẵng",
}


@pytest.fixture
def come(chromium: Browser, site: Site) -> Iterator[type[Visitor]]:
    """Let visitors come: ``come(size=…)``; all of them leave at the end."""
    came: list[Visitor] = []

    def arrive(**how: object) -> Visitor:
        visitor = visit(chromium, site, **how)  # type: ignore[arg-type]
        came.append(visitor)
        return visitor

    yield arrive  # type: ignore[misc]
    for visitor in came:
        visitor.context.close()


def a_product(site: Site) -> Product:
    """Return a product that Linh Đan shows and that is in stock."""
    with Session(site.engine) as session:
        return session.scalars(select(Product).where(Product.sku == "TON-200")).one()


def newest_order(site: Site) -> Order:
    """Return the order that was placed last."""
    with Session(site.engine) as session:
        return session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()


def fill_in(page: Page) -> None:
    """Fill in the checkout form."""
    for name, text in SHOPPER.items():
        page.fill(f"[name={name}]", text)


def buy(visitor: Visitor) -> str:
    """Buy one bottle through Linh Đan's page, and return the order's number."""
    visitor.open("/@linhdan")
    product = a_product(visitor.site)
    visitor.page.click(f"a[href*='/p/{product.slug}']")
    visitor.page.click("button[name=then][value=checkout]")
    fill_in(visitor.page)
    visitor.page.click("main form[action$='/checkout'] button.main, main form button.main")
    assert "/pay/" in visitor.page.url
    visitor.page.click("button[name=answer][value=pay]")
    assert "/o/" in visitor.page.url
    return newest_order(visitor.site).number


def step(visitor: Visitor, action: str, **fields: str) -> None:
    """Send the form of a page whose address ends so."""
    form = f"form[action*='{action}']"
    for name, text in fields.items():
        visitor.page.fill(f"{form} [name={name}]", text)
    visitor.page.locator(f"{form} button").first.click()


def test_the_first_five_minutes(come: type[Visitor], site: Site) -> None:
    shopper = come(size="phone")  # type: ignore[call-arg]
    number = buy(shopper)
    assert shopper.faults() == []

    linh = come(size="phone").sign_in("linhdan")  # type: ignore[call-arg]
    linh.open("/hub/earnings?lang=en")
    row = linh.page.locator("details.opens").first
    assert "Estimated" in row.inner_text()
    if row.get_attribute("open") is None:
        row.locator("summary").click()
    told = row.inner_text()
    assert "× 12" in told
    assert "39,480" in told, "329,000 × 12 %"
    assert linh.faults() == []

    operator = come(size="desk").sign_in("operator")  # type: ignore[call-arg]
    operator.open(f"/desk/orders/{number}")
    step(operator, "/ship", carrier="Giao Sớm", tracking="8830 2716")
    step(operator, "/deliver")
    step(operator, "/complete")
    linh.page.reload()
    ours = linh.page.locator("details.opens", has_text="39,480").first
    assert "On hold until" in ours.inner_text()

    operator.open("/demo")
    operator.page.click("button[name=days][value='15']")
    assert operator.faults() == []
    linh.page.reload()
    assert "Ready" in ours.inner_text()

    preparer = come(size="desk").sign_in("preparer")  # type: ignore[call-arg]
    preparer.open("/finance/payouts")
    preparer.page.locator("form[action*='/finance/payouts'] button.main").first.click()
    batch = re.search(r"/finance/payouts/(\d+)", preparer.page.url)
    assert batch, preparer.page.url
    assert preparer.page.locator("form[action*='/approve']").count() == 0, "not the maker's"

    approver = come(size="desk").sign_in("approver")  # type: ignore[call-arg]
    approver.open(f"/finance/payouts/{batch[1]}")
    step(approver, "/approve")
    step(approver, "/send")
    assert approver.faults() == []
    approver.open(f"/finance/orders/{number}?lang=en")
    trail = approver.page.inner_text("main")
    steps = ("Touch that won", "Commission expense", "hold over", "put in a payout", "balanced")
    for said in steps:
        assert said in trail, said
    with Session(site.engine) as session:
        assert ledger.verify(session).balanced


def test_the_sum_of_a_batch_follows_the_ticks(come: type[Visitor]) -> None:
    preparer = come(size="desk").sign_in("preparer")  # type: ignore[call-arg]
    preparer.open("/finance/payouts?program=hoa-som-us&lang=en")
    page = preparer.page
    told = page.locator("[data-ticked]")
    ticks = page.locator("input[name=partners]")
    many = ticks.count()
    assert many > 1, "one tick proves little"
    amounts = [int(tick.get_attribute("data-minor") or 0) for tick in ticks.all()]

    def said() -> str:
        return " ".join(told.inner_text().split())

    assert said() == f"{many} of {many} chosen USD {sum(amounts) / 100:,.2f}"
    ticks.first.uncheck()
    assert said() == f"{many - 1} of {many} chosen USD {sum(amounts[1:]) / 100:,.2f}"
    page.locator("[data-all]").check()
    assert said().startswith(f"{many} of {many}")
    page.locator("[data-all]").uncheck()
    assert said() == "Nobody is chosen: tick the box before a name."
    assert page.locator("form[action*='/finance/payouts'] button.main").is_enabled()
    assert preparer.faults() == []


def test_the_search_field_is_one_key_away(come: type[Visitor]) -> None:
    approver = come(size="desk").sign_in("approver")  # type: ignore[call-arg]
    approver.open("/finance/review?lang=en")
    page = approver.page
    page.keyboard.press("/")
    page.keyboard.type("hs-1001/")
    assert page.input_value("#find") == "hs-1001/"
    page.fill("#find", "hs-1001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/finance/orders/HS-1001")
    assert approver.faults() == []


def test_a_purchase_by_keyboard_alone(come: type[Visitor], site: Site) -> None:
    visitor = come(size="desk")  # type: ignore[call-arg]
    before = newest_order(site).id
    visitor.open("/@linhdan")
    page = visitor.page
    tab_to(page, f"a[href*='/p/{a_product(site).slug}']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/*")
    tab_to(page, "button[name=then][value=checkout]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout")
    for name, text in SHOPPER.items():
        tab_to(page, f"[name={name}]")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/pay/*")
    tab_to(page, "button[name=answer][value=pay]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/o/*")
    order = newest_order(site)
    assert order.id > before
    assert order.state == "paid"
    assert visitor.faults() == []


def test_a_purchase_and_a_payout_without_scripts(come: type[Visitor], site: Site) -> None:
    shopper = come(size="phone", java_script_enabled=False)  # type: ignore[call-arg]
    number = buy(shopper)
    operator = come(size="desk", java_script_enabled=False).sign_in("operator")  # type: ignore[call-arg]
    operator.open(f"/desk/orders/{number}")
    step(operator, "/ship", carrier="Giao Sớm")
    step(operator, "/deliver")
    step(operator, "/complete")
    operator.open("/demo")
    operator.page.click("button[name=days][value='15']")
    preparer = come(size="desk", java_script_enabled=False).sign_in("preparer")  # type: ignore[call-arg]
    preparer.open("/finance/payouts")
    preparer.page.locator("form[action*='/finance/payouts'] button.main").first.click()
    approver = come(size="desk", java_script_enabled=False).sign_in("approver")  # type: ignore[call-arg]
    with Session(site.engine) as session:
        batch = session.scalars(select(Batch.id).order_by(Batch.id.desc()).limit(1)).one()
    approver.open(f"/finance/payouts/{batch}")
    step(approver, "/approve")
    step(approver, "/send")
    with Session(site.engine) as session:
        paid = session.execute(
            select(Partner.code, Payout.state)
            .join(Partner, Partner.id == Payout.partner_id)
            .where(Payout.batch_id == batch)
        ).all()
        assert ("linhdan", "sent") in {(code, state) for code, state in paid}
        assert ledger.verify(session).balanced


def tab_to(page: Page, wanted: str, *, most: int = 120) -> None:
    """Press Tab until something is focused; the focus must be seen on the way."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"nobody sees that {wanted} is focused"
            return
    pytest.fail(f"{wanted} can't be reached by keyboard")
