"""How shoppers pay for new orders, as the settings choose it; perhaps not at all yet."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _

from storefront.errors import Refusal
from storefront.payments.port import PaymentProvider
from storefront.payments.providers import PROVIDERS
from storefront.settings import NONE, TEST, Settings


def provider() -> PaymentProvider:
    """Return how shoppers pay here; raises Refusal where they can't yet."""
    must_sell()
    return PROVIDERS[_settings().payments]


def sells() -> bool:
    """Tell whether anything can be bought here."""
    return _settings().payments != NONE


def takes_tests() -> bool:
    """Tell whether shoppers pay with no money."""
    return _settings().payments == TEST


def must_sell() -> None:
    """Refuse kindly what leads to buying where nothing can be bought."""
    if not sells():
        raise Refusal(
            _("There is no way to pay here so far. Call the shop if you would like something."),
            title=_("Nothing can be bought here yet"),
        )


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
