"""The states of an order, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands; people see ``paid`` as Confirmed."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


REFUNDABLE = frozenset(
    {
        OrderState.PAID,
        OrderState.SHIPPED,
        OrderState.DELIVERED,
        OrderState.COMPLETED,
        OrderState.CANCELLED,  # paid once; its shipping may be left
    }
)
ORDER_MOVES: Mapping[str, frozenset[str]] = {
    OrderState.AWAITING_PAYMENT: frozenset({OrderState.PAID, OrderState.EXPIRED}),
    OrderState.PAID: frozenset({OrderState.SHIPPED, OrderState.CANCELLED}),
    OrderState.SHIPPED: frozenset({OrderState.DELIVERED, OrderState.CANCELLED}),
    OrderState.DELIVERED: frozenset({OrderState.COMPLETED, OrderState.CANCELLED}),
}
