"""What it costs to have something at the door, and when it arrives. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from storefront.shop.models import Shop


@dataclass(frozen=True, slots=True)
class Price:
    """Goods, shipping and both, in minor units of the shop's currency."""

    goods_minor: int
    shipping_minor: int

    @property
    def total_minor(self) -> int:
        """What is paid in all."""
        return self.goods_minor + self.shipping_minor


def price(shop: Shop, goods_minor: int) -> Price:
    """Return what goods cost to the door; nothing is shipped for nothing."""
    free_from = shop.free_shipping_from_minor
    is_free = not goods_minor or (free_from is not None and goods_minor >= free_from)
    return Price(goods_minor, 0 if is_free else shop.shipping_minor)


def arrival(shop: Shop, ordered_at: datetime, zone: str) -> tuple[date, date]:
    """Return the first and the last day on which an order should arrive."""
    day = ordered_at.astimezone(ZoneInfo(zone)).date()
    return (
        day + timedelta(days=shop.delivery_days_from),
        day + timedelta(days=shop.delivery_days_to),
    )
