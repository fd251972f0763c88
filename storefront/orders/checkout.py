"""The checkout form: what is asked, what is wrong with it, and the key that makes it count once.

Reads and checks; ``placing`` makes the order.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

_LONGEST: Mapping[str, int] = {
    "name": 120,
    "phone": 40,
    "address": 300,
    "city": 100,
    "email": 120,
    "note": 400,
}
FIELDS = tuple(_LONGEST)
REQUIRED = ("name", "phone", "address", "city")
_PHONE = re.compile(r"\+?[\d\s().\-]+")
_FEWEST_DIGITS, _MOST_DIGITS = 8, 15
_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Form:
    """What the shopper typed, with what is wrong by field; ``total_minor`` is what they saw."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    total_minor: int | None = None


def empty(values: Mapping[str, str] | None = None) -> Form:
    """Return a fresh form, with what the shopper had typed before."""
    return Form({name: (values or {}).get(name, "") for name in FIELDS})


def read(typed: Mapping[str, str]) -> Form:
    """Read a sent form and find its faults."""
    values = {name: _clean(typed.get(name, ""), many=name == "note") for name in FIELDS}
    faults = {name: fault for name in FIELDS if (fault := _fault(name, values[name]))}
    return Form(values, faults, _key(typed.get("checkout_key", "")), _whole(typed))


def new_key() -> str:
    """Return the key of a new form: signed, so that only our own forms make orders."""
    return str(_signer().dumps(secrets.token_urlsafe(18)))


def _key(text: str) -> str | None:
    if len(text) > _LONGEST_KEY:
        return None
    try:
        return str(_signer().loads(text))
    except BadData:
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="checkout")


def _whole(typed: Mapping[str, str]) -> int | None:
    text = typed.get("total_minor", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004  # reason: a BIGINT's


def _clean(text: str, *, many: bool) -> str:
    """Return a text without what can't be seen; only a note may have several lines."""
    kept = "".join(sign for sign in text if sign.isprintable() or sign in "\n\t\r")
    return kept.replace("\r\n", "\n").strip() if many else " ".join(kept.split())


def _fault(name: str, value: str) -> str | None:
    if not value:
        return _missing(name) if name in REQUIRED else None
    if len(value) > _LONGEST[name]:
        return str(_("Shorten this to %(count)s letters.", count=_LONGEST[name]))
    if name == "phone" and not _is_phone(value):
        return str(_("Write the phone number with 8 to 15 digits, such as 0905 123 456."))
    if name == "email" and not _MAIL.fullmatch(value):
        return str(_("Write the mail address like ten@example.com, or leave it empty."))
    return None


def _missing(name: str) -> str:
    told: dict[str, str] = {
        "name": _("Write the name of whoever receives the parcel."),
        "phone": _("Write a phone number: the courier calls before coming."),
        "address": _("Write the house number and street."),
        "city": _("Write the city or province."),
    }
    return told[name]


def _is_phone(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    return bool(_PHONE.fullmatch(text)) and _FEWEST_DIGITS <= digits <= _MOST_DIGITS
