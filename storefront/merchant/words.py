"""What the brand's desk calls its views, its states and what happened."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

Words = Mapping[str, LazyString]

VIEWS: Words = {
    "every": _l("Every order"),
    "to_ship": _l("To ship"),
    "shipped": _l("On the way"),
    "delivered": _l("Delivered"),
    "completed": _l("Completed"),
    "unpaid": _l("Not paid"),
    "cancelled": _l("Cancelled"),
}
STATES: Words = {
    "awaiting_payment": _l("Awaiting payment"),
    "paid": _l("Confirmed, to ship"),
    "shipped": _l("On the way"),
    "delivered": _l("Delivered"),
    "completed": _l("Completed"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Expired unpaid"),
}
CHIPS: Mapping[str, tuple[str, str]] = {
    "awaiting_payment": ("estimated", "hourglass"),
    "paid": ("waiting", "box"),
    "shipped": ("in_payout", "truck"),
    "delivered": ("ready", "ready"),
    "completed": ("paid", "done"),
    "cancelled": ("bad", "undo"),
    "expired": ("neutral", "cross"),
}
EVENTS: Words = {
    "placed": _l("Order placed"),
    "awaiting_payment": _l("Order placed"),
    "paid": _l("Order paid"),
    "shipped": _l("Handed to the carrier"),
    "delivered": _l("Delivered"),
    "completed": _l("Completed"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Expired unpaid"),
    "refunded": _l("Refunded"),
}
TONES: Mapping[str, str] = {
    "paid": "done",
    "delivered": "done",
    "completed": "done",
    "cancelled": "bad",
    "expired": "bad",
    "refunded": "bad",
}


def say(words: Words, word: str) -> str:
    """Return what a word is called; a word that nobody has named stands for itself."""
    return str(words[word]) if word in words else word
