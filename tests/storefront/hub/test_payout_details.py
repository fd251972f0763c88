"""Payout details over HTTP: kept, masked, and nothing lost of what was typed."""

from __future__ import annotations

from sqlalchemy import Engine

from storefront import database
from tests.storefront.hub.reading import EN, linh, text_of
from tests.storefront.web import Browser


def details_of(shop_engine: Engine, code: str = "linh") -> tuple[str | None, str | None]:
    """Return where a partner is paid, as it is kept."""
    with database.snapshot(shop_engine) as session:
        _program, partner = linh(session, code)
        return partner.payout_rail, partner.payout_destination


def test_payout_details_are_kept_and_masked(desk: Browser, shop_engine: Engine) -> None:
    answer = desk.post(
        "/hub/payout-details",
        page=f"/hub/payout-details?{EN}",
        rail="manual",
        account=" ACB  0081 9923 55 ",
    )
    shown = text_of(answer.text)
    assert answer.request.path == "/hub/payout-details"
    assert "Kept. The next payout goes to •••• 3 55." in shown
    assert "0081" not in answer.text
    assert details_of(shop_engine) == ("manual", "ACB 0081 9923 55")


def test_a_faulty_form_keeps_what_was_typed(desk: Browser, shop_engine: Engine) -> None:
    for fields, fault in (
        ({"rail": "gold", "account": "ACB 0081"}, "Choose one of the ways below."),
        ({"rail": "manual", "account": "  "}, "Write the bank and the account number."),
        ({"rail": "manual", "account": "ab"}, "This is too short for an account"),
        ({"rail": "manual", "account": "x" * 401}, "Use up to 400 ordinary signs."),
    ):
        answer = desk.post("/hub/payout-details", page=f"/hub/payout-details?{EN}", **fields)
        assert answer.status_code == 422
        assert fault in text_of(answer.text)
        assert f'value="{fields["account"].strip()}"' in answer.text
    assert details_of(shop_engine) == ("test", "VCB 4417")


def test_details_without_the_forms_token_change_nothing(desk: Browser, shop_engine: Engine) -> None:
    answer = desk.client.post("/hub/payout-details", data={"rail": "manual", "account": "ACB 1234"})
    assert answer.status_code == 400
    assert details_of(shop_engine) == ("test", "VCB 4417")
