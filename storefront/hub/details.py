"""Payout details: which ways a partner may choose, what is wrong with a form, how it is masked."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from flask import current_app
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from commissions.models import Partner
from storefront import masking
from storefront.settings import Environment, Settings

_SHORTEST, _LONGEST = 4, 400
_FEWEST_DIGITS = 4
_SIGNS_BESIDE = " .-/"
_DOTS = "••••"

_RAILS: Mapping[str, str | LazyString] = {
    "manual": _l("Bank transfer, sent by hand"),
    "test": _l("Test payout: no money moves"),
}


class Typed(NamedTuple):
    """What somebody typed into the form, and what is wrong with each field."""

    rail: str
    account: str
    faults: Mapping[str, str]


def rails() -> Mapping[str, str | LazyString]:
    """Return the ways to be paid that may be chosen; the test one never in production."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.environment is Environment.PRODUCTION:
        return {name: words for name, words in _RAILS.items() if name != "test"}
    return _RAILS


def rail_in_words(rail: str | None) -> str:
    """Return what people call a way to be paid."""
    return str(_RAILS.get(rail or "", rail or ""))


def masked(destination: str | None) -> str:
    """Return an account of which only its end is shown."""
    if not destination:
        return ""
    return f"{_DOTS} {masking.end_of(destination)}".strip()


def check(form: Mapping[str, str]) -> Typed:
    """Read the form; each fault names the field and the fix."""
    rail, account = form.get("rail", ""), _clean(form.get("account", ""))
    faults = {}
    if rail not in rails():
        faults["rail"] = _("Choose one of the ways below.")
    fault = _fault(rail, account)
    if fault:
        faults["account"] = fault
    return Typed(rail, account, faults)


def before(partner: Partner, typed: Mapping[str, str]) -> Typed:
    """Return the form as it opens: the way chosen now, or what was typed before a sign-in."""
    return Typed(typed.get("rail", partner.payout_rail or ""), typed.get("account", ""), {})


def _clean(text: str) -> str:
    """Return an account as it is kept: signs in their usual form, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _fault(rail: str, account: str) -> str | None:
    """Return what is wrong with an account; the test rail answers to words, without digits."""
    if not account:
        return str(_("Write the bank and the account number."))
    if len(account) > _LONGEST:
        return str(_("Use up to %(most)s ordinary signs.", most=_LONGEST))
    if not all(_is_ordinary(sign) for sign in account):
        return str(_("Use letters, digits, spaces and . - / alone, such as VCB 0071 0044 17."))
    if len(account) < _SHORTEST:
        return str(_("This is too short for an account: write bank and number."))
    if rail != "test" and sum(sign in string.digits for sign in account) < _FEWEST_DIGITS:
        return str(_("Write the account number too: it has four digits or more."))
    return None


def _is_ordinary(sign: str) -> bool:
    """Tell whether a sign is a letter of any language, a digit, or one that stands beside them."""
    is_letter = unicodedata.category(sign)[0] in "LM"
    return is_letter or sign in string.digits or sign in _SIGNS_BESIDE
