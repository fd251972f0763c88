"""Words as people search for them: without marks, case, or the spelling of a phone number.

SQLite compares only ASCII letters without case, so what is searched is kept folded beside the
original and compared with the folded words of who searches.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

_LETTERS_WITHOUT_MARK = str.maketrans({"đ": "d", "ø": "o", "ł": "l"})
_PHONE = re.compile(r"\+?[\d\s().\-]+")
_FEWEST_WITH_COUNTRY = 10


def fold(text: str) -> str:
    """Return a text in lower case without marks, blanks made one: ``Đặng  Thị`` is ``dang thi``."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    apart = unicodedata.normalize("NFKD", plain)
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return " ".join(bare.translate(_LETTERS_WITHOUT_MARK).split())


def national_digits(phone: str) -> str:
    """Return a phone number's digits without country and leading zeros: ``905123456``."""
    if phone.strip().startswith(("+", "00")):
        known = _without_country(re.sub(r"^(\+|00)", "+", phone.strip()))
        if known:
            return known
    return "".join(sign for sign in phone if sign.isdecimal()).lstrip("0")


def phones_meant(typed: str) -> frozenset[str]:
    """Return the digits that a search for a phone number may mean; empty for other words."""
    if not _PHONE.fullmatch(typed.strip()):
        return frozenset()
    digits = national_digits(typed)
    meant = {digits}
    if len(digits) >= _FEWEST_WITH_COUNTRY:  # maybe a country's number without its plus
        meant.add(_without_country(f"+{digits}") or digits)
    return frozenset(meant - {""})


def _without_country(phone: str) -> str | None:
    try:
        return str(phonenumbers.parse(phone, None).national_number)
    except phonenumbers.NumberParseException:
        return None
