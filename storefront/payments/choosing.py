"""The provider that the settings choose for new orders."""

from __future__ import annotations

from flask import current_app

from storefront.payments.port import PaymentProvider
from storefront.payments.providers import PROVIDERS
from storefront.settings import Settings


def provider() -> PaymentProvider:
    """Return how shoppers pay here."""
    settings: Settings = current_app.config["SETTINGS"]
    return PROVIDERS[settings.payments]
