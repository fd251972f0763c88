"""The ways to pay by name; the settings choose the one that new orders use."""

from __future__ import annotations

from collections.abc import Mapping

from storefront.payments.port import PaymentProvider
from storefront.payments.test_provider import TestProvider

PROVIDERS: Mapping[str, PaymentProvider] = {"test": TestProvider()}
"""Every provider that may have taken a payment, chosen or not: refunds go back the same way."""
