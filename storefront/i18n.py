"""Languages: which one a page speaks, and how it writes money and dates.

Chosen in this order: ``?lang=``, the cookie, the account, the browser, the shop. English is the
language of the message ids; the others are catalogues in ``translations``, read as they are
written, so that there is nothing to compile.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user

from commissions.money import exponent

LANGUAGES: Mapping[str, str] = {"vi": "Tiếng Việt", "en": "English"}
DEFAULT = "vi"
_COOKIE = "lang"
_YEAR_S = 365 * 86_400
_CATALOGUES = Path(__file__).parent / "translations"
# A currency whose sign stands behind the figure in every language that we speak.
_PATTERNS: Mapping[str, str] = {"VND": "#,##0\u00a0¤"}
MINUS = "\u2212"


class Catalogues(Domain):  # type: ignore[misc]  # reason: it ships no types
    """The catalogues of the folder ``translations``."""

    def get_translations(self) -> Translations | NullTranslations:
        """Return the catalogue of the language in hand."""
        locale = get_locale()
        return catalogue(locale.language if locale else "en")


@lru_cache
def catalogue(language: str) -> Translations | NullTranslations:
    """Return a language's catalogue; English needs none."""
    path = _CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain="messages")


def init_app(app: Flask) -> None:
    """Let an app speak: choose the language, and give templates money and dates."""
    Babel(app, locale_selector=choose)
    app.extensions["babel"].instance.domain_instance = Catalogues()
    app.after_request(_remember)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language)
    app.jinja_env.filters.update(
        money=money, money_plain=money_plain, day=day, day_full=day_full, moment=moment,
        weekday=weekday, month_short=month_short, month_in_words=month_in_words,
        clock_time=clock_time, percent=percent, count=count,
    )  # fmt: skip


def choose() -> str:
    """Choose the language of the page."""
    asked = request.args.get("lang")
    known = current_user.language if current_user and current_user.is_authenticated else None
    for one in (asked, request.cookies.get(_COOKIE), known):
        if one in LANGUAGES:
            return str(one)
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def language() -> str:
    """Return the language in hand."""
    return str(_locale().language)


def money(minor: int, currency: str) -> str:
    """Write minor units as the reader's language does: 329.000 ₫, 329,000 ₫, $12.50."""
    amount = Decimal(abs(minor)).scaleb(-exponent(currency))
    text = numbers.format_currency(
        amount, currency, format=_PATTERNS.get(currency), locale=_locale()
    )
    return f"{MINUS}{text}" if minor < 0 else text


def money_plain(minor: int, currency: str) -> str:
    """Write minor units without the currency, for columns that name it at their head."""
    places = exponent(currency)
    amount = Decimal(abs(minor)).scaleb(-places)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    text = numbers.format_decimal(amount, format=pattern, locale=_locale())
    return f"{MINUS}{text}" if minor < 0 else text


def day(at: datetime | date, zone: str = "UTC") -> str:
    """Write a day shortly: 21 Dec, 21 thg 12."""
    pattern = "d 'thg' M" if language() == "vi" else "d MMM"
    return dates.format_date(_local(at, zone), pattern, locale=_locale())


def day_full(at: datetime | date, zone: str = "UTC") -> str:
    """Write a day in full, where money waits on it: Monday 21 December 2026."""
    pattern = "EEEE, d MMMM 'năm' y" if language() == "vi" else "EEEE d MMMM y"
    return dates.format_date(_local(at, zone), pattern, locale=_locale())


def weekday(at: datetime | date, zone: str = "UTC") -> str:
    """Write a day of the near future: Saturday 5 December."""
    pattern = "EEEE, d MMMM" if language() == "vi" else "EEEE d MMMM"
    return dates.format_date(_local(at, zone), pattern, locale=_locale())


def month_short(at: datetime | date, zone: str = "UTC") -> str:
    """Write a month shortly, below the day in the ledger's margin: Dec, thg 12."""
    pattern = "'thg' M" if language() == "vi" else "MMM"
    return dates.format_date(_local(at, zone), pattern, locale=_locale())


def month_in_words(month: str) -> str:
    """Write a month given as 2026-11 as people read it: November 2026."""
    year, _dash, number = month.partition("-")
    pattern = "MMMM 'năm' y" if language() == "vi" else "LLLL y"
    return dates.format_date(date(int(year), int(number), 1), pattern, locale=_locale())


def moment(at: datetime, zone: str = "UTC") -> str:
    """Write day and time: 21 Dec 20:41."""
    return f"{day(at, zone)} {clock_time(at, zone)}"


def clock_time(at: datetime, zone: str = "UTC") -> str:
    """Write the time of day: 20:41."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def percent(bps: int) -> str:
    """Write basis points as a percentage: 12 %, 7.5 %."""
    return f"{numbers.format_decimal(Decimal(bps) / 100, locale=_locale())}\u00a0%"


def count(number: int) -> str:
    """Write a whole number with the language's separators."""
    return numbers.format_decimal(number, locale=_locale())


def _locale() -> Locale:
    return get_locale() or Locale("en")


def _local(at: datetime | date, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date() if isinstance(at, datetime) else at


def _remember(response: Response) -> Response:
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            _COOKIE,
            request.args["lang"],
            max_age=_YEAR_S,
            samesite="Lax",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
        )
    if "vary" not in g:
        response.vary.update(("Cookie", "Accept-Language"))
    return response
