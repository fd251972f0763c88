"""The fields of documents that people write: each takes one way of writing, and says which.

Decides how a percentage, a sum of money, a moment or a name is written. How they make a document
is decided by ``sections``. Money and dates are read for a program's currency and zone,
which whoever loads a document names by ``reading_for``; while those can't be told, such fields
leave their value out.
"""

# ruff: noqa: ANN401 -- options are passed on to marshmallow, which types them

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, missing

from commissions import patterns
from commissions.errors import HoahongError
from commissions.money import BPS, exponent, parse_decimal, to_minor
from commissions.periods import zone_of
from commissions.values import MAX_REFERENCE, check_reference
from storefront.intake.documents import shown
from storefront.intake.sections import Said

LONGEST_TEXT = 400
MOST_DAYS = 3_650
_YEARS = range(1970, 2200)
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
"""The categories of signs that no line of text has: controls, halves of signs, line ends."""
_SEEN = "LNPS"
_ZONE = re.compile(r"[A-Za-z][\w+-]*(/[A-Za-z][\w+-]*)*", re.ASCII)
_PERCENT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?%", re.ASCII)


@dataclass(frozen=True, slots=True)
class Setting:
    """The currency and the zone that a document is read for; None while they can't be told."""

    currency: str | None = None
    zone: ZoneInfo | None = None


_NOWHERE = Setting()
_SETTING: ContextVar[Setting] = ContextVar("setting", default=_NOWHERE)


@contextmanager
def reading_for(setting: Setting) -> Iterator[None]:
    """Read money and dates for a currency and a zone while the block runs."""
    token = _SETTING.set(setting)
    try:
        yield
    finally:
        _SETTING.reset(token)


class Single(Said):
    """A field of one value, which ``take`` reads."""

    def _deserialize(self, value: object, *_args: object, **_options: object) -> Any:
        """Return the value read; what the engine refuses is a fault of the document."""
        try:
            return self.take(value)
        except HoahongError as refusal:
            raise ValidationError(str(refusal)) from refusal

    def take(self, value: object) -> Any:
        """Return the value read; raises ValidationError or HoahongError, ``missing`` is none."""
        raise NotImplementedError


class Text(Single):
    """One line of text in quotes; where ``allow_none`` is set, an empty one is none."""

    def __init__(self, *, longest: int = LONGEST_TEXT, **options: Any) -> None:
        """Know how many signs there may be."""
        super().__init__(**options)
        self._longest = longest

    def take(self, value: object) -> str | None:
        """Return the text, on one line."""
        if value == "" and self.allow_none:
            return None
        if not isinstance(value, str):
            raise ValidationError(f"{shown(value)} is no text: put it in quotes")
        return self.read(_line(value, self._longest))

    def read(self, text: str) -> str:
        """Return the text; raises ValidationError or HoahongError for one that won't do."""
        return text


class Reference(Text):
    """A code by which something is found again."""

    def __init__(self, **options: Any) -> None:
        """Be as short as the books want it."""
        super().__init__(longest=MAX_REFERENCE, **options)

    def read(self, text: str) -> str:
        """Return the code."""
        check_reference(text)
        return text


class Choice(Text):
    """One of a few words."""

    def __init__(self, words: Sequence[str], **options: Any) -> None:
        """Know the words."""
        super().__init__(**options)
        self._words = tuple(words)

    def read(self, text: str) -> str:
        """Return the word."""
        if text not in self._words:
            raise ValidationError(f"{shown(text)} won't do: choose {_either(self._words)}")
        return text


class Currency(Text):
    """An ISO 4217 code."""

    def read(self, text: str) -> str:
        """Return the code."""
        exponent(text)
        return text


class TimeZone(Text):
    """An IANA name."""

    def read(self, text: str) -> str:
        """Return the name."""
        if not _ZONE.fullmatch(text):
            raise ValidationError(
                f"{shown(text)} is no time zone: write an IANA name such as Europe/London"
            )
        zone_of(text)
        return text


class Pattern(Text):
    """A glob pattern over codes."""

    def read(self, text: str) -> str:
        """Return the pattern."""
        patterns.parse(text)
        return text


class Percent(Single):
    """A rate in quotes, ``"0.5%"``, as whole basis points from 0 to 10 000."""

    def take(self, value: object) -> int:
        """Return basis points."""
        found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            like = f"{value}%" if _is_whole(value) else "12%"
            raise ValidationError(f'{shown(value)} is no percentage: write it like "{like}"')
        bps = Decimal(found[1]) * (BPS // 100)
        if bps > BPS:
            raise ValidationError(f'{shown(value)} is more than all: write "100%" or less')
        if bps != int(bps):
            raise ValidationError(f"{shown(value)} is too fine: give at most two decimals")
        return int(bps)


class Money(Single):
    """Major units in quotes, ``"12.50"``, as minor units of the currency; ``least`` counts too."""

    def __init__(self, *, least: int = 0, **options: Any) -> None:
        """Know the smallest sum."""
        super().__init__(**options)
        self._least = least

    def take(self, value: object) -> Any:
        """Return minor units."""
        if not isinstance(value, str):
            raise ValidationError(
                f'{shown(value)} is no sum of money: write it in quotes, like "12.50"'
            )
        currency = _SETTING.get().currency
        if currency is None:
            parse_decimal(_line(value, LONGEST_TEXT))
            return missing
        minor = to_minor(_line(value, LONGEST_TEXT), currency)
        if minor < self._least:
            above = "zero or more" if self._least == 0 else "more than zero"
            raise ValidationError(f"{shown(value)} is too little: write {above}")
        return minor


class Days(Single):
    """A whole number of days."""

    def take(self, value: object) -> int:
        """Return the days."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError(
                f"{shown(value)} is no number of days: write a whole one without quotes, like 30"
            )
        if not 0 <= value <= MOST_DAYS:
            raise ValidationError(f"{shown(value)} won't do: give 0 to {MOST_DAYS} days")
        return value


class Instant(Single):
    """A moment in UTC: a date (its first instant in the zone), or a date-time with an offset."""

    def take(self, value: object) -> Any:
        """Return the moment in UTC."""
        if not isinstance(value, date):
            raise ValidationError(
                f"{shown(value)} is no date: write it without quotes, like 2009-12-01"
            )
        if value.year not in _YEARS:
            raise ValidationError(
                f"{shown(value)} is out of reach: give a date from {_YEARS[0]} to {_YEARS[-1]}"
            )
        if not isinstance(value, datetime):
            zone = _SETTING.get().zone
            if zone is None:
                return missing
            return datetime.combine(value, time(), zone).astimezone(UTC)
        if value.tzinfo is None:
            raise ValidationError(f"{shown(value)} has no offset: add one, like {shown(value)}Z")
        return value.astimezone(UTC)


def _line(text: str, longest: int) -> str:
    if not any(unicodedata.category(sign)[0] in _SEEN for sign in text):
        raise ValidationError("it is empty: fill it in")
    if len(text) > longest:
        raise ValidationError(f"it has {len(text)} signs: write at most {longest}")
    if any(unicodedata.category(sign) in _UNSEEN for sign in text):
        raise ValidationError(f"{shown(text)} has signs that can't be seen: take them away")
    if text != text.strip():
        raise ValidationError(f"{shown(text)} begins or ends with a space: take it away")
    return text


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _is_whole(value: object) -> bool:
    """Tell whether a value is a whole percentage that only lacks its sign."""
    text = value if isinstance(value, str) else shown(value)
    return not isinstance(value, bool) and re.fullmatch(r"\d{1,2}", text, re.ASCII) is not None
