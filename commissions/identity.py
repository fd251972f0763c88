"""Normal forms of mail addresses and phone numbers, so that two spellings of one are equal.

Decides what is the same address. Does not decide what follows from it.
"""

from __future__ import annotations

import unicodedata

import phonenumbers

_DOTLESS = {"gmail.com", "googlemail.com"}
"""Mail hosts that ignore dots before the @; both names are one host."""


def normal_email(email: str | None) -> str | None:
    """Return an address in lower case without a ``+tag``; None for none or no address."""
    folded = unicodedata.normalize("NFKC", email or "").strip().casefold()
    name, _, host = folded.rpartition("@")
    name = name.split("+", 1)[0]
    if host in _DOTLESS:
        name, host = name.replace(".", ""), "gmail.com"
    return f"{name}@{host}" if name and host else None


def normal_phone(phone: str | None, country: str | None) -> str | None:
    """Return a number as E.164; a national one is read as of ``country`` (ISO 3166-1 alpha-2).

    None for none, or for one that can't be a number there.
    """
    text = unicodedata.normalize("NFKC", phone or "").strip()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
