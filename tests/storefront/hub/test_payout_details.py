"""Payout details over HTTP: kept, masked, and nothing lost of what was typed."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from storefront import database
from storefront.hub import details
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
    assert "Kept. The next payout goes to •••• 2355." in shown
    assert "0081" not in answer.text
    assert details_of(shop_engine) == ("manual", "ACB 0081 9923 55")


def test_a_faulty_form_keeps_what_was_typed(desk: Browser, shop_engine: Engine) -> None:
    for fields, fault in (
        ({"rail": "gold", "account": "ACB 0081"}, "Choose one of the ways below."),
        ({"rail": "manual", "account": "  "}, "Write the bank and the account number."),
        ({"rail": "manual", "account": "ab"}, "This is too short for an account"),
        ({"rail": "manual", "account": "x" * 401}, "Use up to 400 ordinary signs."),
        ({"rail": "manual", "account": "=0071 0044 17"}, "Use letters, digits, spaces and . - /"),
        ({"rail": "manual", "account": "(VCB) 0071"}, "Use letters, digits, spaces and . - /"),
        ({"rail": "manual", "account": "VCB 007"}, "Write the account number too"),
        (
            {"rail": "manual", "account": "VCB \u0660\u0660\u0667\u0661"},
            "Use letters, digits, spaces and . - /",
        ),
        ({"rail": "manual", "account": "reject"}, "Write the account number too"),
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


def test_markup_is_no_account_and_comes_back_as_it_was_typed(
    desk: Browser, shop_engine: Engine
) -> None:
    page = f"/hub/payout-details?{EN}"
    answer = desk.post("/hub/payout-details", page=page, rail="manual", account="<b>1234</b>")
    assert answer.status_code == 422
    assert 'value="&lt;b&gt;1234&lt;/b&gt;"' in answer.text
    assert details_of(shop_engine) == ("test", "VCB 4417")


@pytest.mark.parametrize(
    ("typed", "kept", "end"),
    [
        ("VCB 0071 0044 17", "VCB 0071 0044 17", "4417"),
        ("GB33 BUKB 2020-1555/5555.5", "GB33 BUKB 2020-1555/5555.5", "5555"),
        ("Ngân hàng Á Châu 0081", "Ngân hàng Á Châu 0081", "0081"),
        (
            "工商银行\u3000\uff16\uff12\uff12\uff12\u3000\uff10\uff12\uff11\uff12",
            "工商银行 6222 0212",
            "0212",
        ),
    ],
)
def test_an_account_is_kept_in_any_language_and_only_its_end_is_shown(
    desk: Browser, shop_engine: Engine, typed: str, kept: str, end: str
) -> None:
    page = f"/hub/payout-details?{EN}"
    answer = desk.post("/hub/payout-details", page=page, rail="manual", account=typed)
    assert f"•••• {end}." in text_of(answer.text)
    assert details_of(shop_engine) == ("manual", kept)


def test_the_test_rail_takes_its_words(desk: Browser, shop_engine: Engine) -> None:
    desk.post("/hub/payout-details", page="/hub/payout-details", rail="test", account="reject")
    assert details_of(shop_engine) == ("test", "reject")


def test_an_account_as_short_as_its_end_is_shown_by_no_sign() -> None:
    assert [details.masked(one) for one in (None, "", "12 34", "1 2345")] == [
        "",
        "",
        "••••",
        "•••• 2345",
    ]
