"""Every table of the storefront, for those who need the whole metadata: migrations and tests."""

from __future__ import annotations

from storefront.accounts import models as accounts
from storefront.book_checks import BookCheck
from storefront.clock import DemoClock
from storefront.intake import models as intake
from storefront.orders import models as orders
from storefront.payments import models as payments
from storefront.shop import models as shop

__all__ = ["BookCheck", "DemoClock", "accounts", "intake", "orders", "payments", "shop"]
