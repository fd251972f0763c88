"""Finance finds an order, a payout or a partner by what people call them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions import conversions, partners, payouts, programs
from commissions.models import Payout
from commissions.rules import Plan, Rule
from commissions.values import Sale, SaleLine
from storefront import database
from tests.storefront.finance import paying
from tests.storefront.hub.reading import text_of
from tests.storefront.web import Browser

FIND = "/finance/find"


@pytest.fixture
def finance(shop_engine: Engine, browser: Browser) -> Browser:
    """An approver at the desk, with orders, partners and a batch of payouts."""
    paying.two_ready_one_on_hold(shop_engine)
    with database.transaction(shop_engine) as session:
        program = paying.program_of(session)
        paying.sell(session, "HS-24817", to="linh")
        payouts.build_batch(
            session, program, maker="ha", at=paying.now(session), partner_codes=["linh", "may"]
        )
    return browser.sign_in("approver")


def led_to(browser: Browser, text: str) -> str:
    """Look for a text and return the address that it leads to."""
    answer = browser.get(FIND, query_string={"q": text, "lang": "en"})
    assert answer.status_code == 200
    return answer.request.full_path.rstrip("?")


@pytest.mark.parametrize("text", ["HS-24817", " hs-24817 ", "24817"])
def test_an_orders_number_leads_to_its_trail(finance: Browser, text: str) -> None:
    assert led_to(finance, text) == "/finance/orders/HS-24817"


def test_a_payouts_number_leads_to_its_batch_with_it_opened(
    finance: Browser, shop_engine: Engine
) -> None:
    with Session(shop_engine) as session:
        second = session.scalars(select(Payout.id).order_by(Payout.id.desc())).first()
    for text in (f"PO-{second}", f"po{second}", str(second)):
        assert led_to(finance, text) == f"/finance/payouts/1?open={second}"


@pytest.mark.parametrize("text", ["linh", "@linhdan", "LINHDAN", "Linh Đan", "dan"])
def test_a_partners_code_handle_or_name_leads_to_the_partner(finance: Browser, text: str) -> None:
    assert led_to(finance, text) == "/finance/partners/linh"


def test_what_several_are_called_is_a_short_list(finance: Browser, shop_engine: Engine) -> None:
    listed = finance.get(f"{FIND}?q=mây&lang=en").text
    assert "Ngọc Mây" in listed
    assert "Nhà Mây" in listed
    with database.transaction(shop_engine) as session:
        paying.sell(session, "1", to="linh")
    listed = text_of(finance.get(f"{FIND}?q=1&lang=en").text)
    assert "Order 1 its trail" in listed
    assert re.search(r"PO-1 (Linh Đan|Ngọc Mây), Batch 1", listed)


def test_nothing_found_says_what_can_be_looked_for(finance: Browser) -> None:
    for text in ("HS-0", "PO-99", "%", "\x00", "x" * 500):
        page = finance.get(FIND, query_string={"q": text, "lang": "en"}).text
        assert "Nothing found" in page
        assert "such as HS-1001" in page
    assert "What are you looking for?" in finance.get(f"{FIND}?lang=en").text


def test_what_the_program_in_hand_lacks_is_looked_for_in_the_others(
    finance: Browser, shop_engine: Engine
) -> None:
    with database.transaction(shop_engine) as session:
        terms = programs.Terms("abroad", "Abroad", "USD", "America/New_York", 30, 15, 2_000)
        abroad = programs.set_terms(session, terms)
        plan = Plan(rules=(Rule(1, "Everything", rate_bps=800),))
        begins = paying.now(session) - 9 * paying.DAY
        programs.publish_plan(session, abroad, plan, effective_from=begins)
        partners.enrol(session, abroad, [partners.PartnerTerms("june", "June", "june", "koc")])
        sold = paying.now(session) - paying.DAY
        line = SaleLine(1, "TEA", 1, 900, None)
        conversions.record(session, abroad, [Sale("5001", sold, "USD", (line,))])
    assert led_to(finance, "june") == "/finance/partners/june?program=abroad"
    assert led_to(finance, "5001") == "/finance/orders/5001?program=abroad"
    answer = finance.get(f"{FIND}?q=linh&program=abroad")
    assert answer.request.full_path == "/finance/partners/linh?program=hoa-som"


def test_every_finance_page_has_the_field_and_others_have_not(
    finance: Browser, new_browser: type[Browser]
) -> None:
    for path in ("review", "payouts", "payouts/1", "books", "orders/A-1", "partners/linh"):
        assert 'action="/finance/find"' in finance.get(f"/finance/{path}").text, path
    assert "find it by its number" in finance.get("/finance/books?lang=en").text
    operator = new_browser().sign_in("operator")  # type: ignore[call-arg]  # reason: a fixture's class
    assert "/finance/find" not in operator.get("/desk/orders").text
    assert operator.get(FIND).status_code == 403
