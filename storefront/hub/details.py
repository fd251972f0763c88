"""Payout details: which ways a partner may choose, what is wrong with a form, how it is masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import current_app
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from commissions.models import Partner
from storefront.settings import Environment, Settings

_SHOWN = 4
_SHORTEST, _LONGEST = 4, 400
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
    """Return an account of which only the last signs are shown."""
    if not destination:
        return ""
    shown = destination[-_SHOWN:] if len(destination) > _SHOWN else ""
    return f"{_DOTS} {shown}".strip()


def check(form: Mapping[str, str]) -> Typed:
    """Read the form; each fault names the field and the fix."""
    rail, account = form.get("rail", ""), " ".join(form.get("account", "").split())
    faults = {}
    if rail not in rails():
        faults["rail"] = _("Choose one of the ways below.")
    if not account:
        faults["account"] = _("Write the bank and the account number.")
    elif len(account) < _SHORTEST:
        faults["account"] = _("This is too short for an account: write bank and number.")
    elif len(account) > _LONGEST or not account.isprintable():
        faults["account"] = _("Use up to %(most)s ordinary signs.", most=_LONGEST)
    return Typed(rail, account, faults)


def before(partner: Partner, typed: Mapping[str, str]) -> Typed:
    """Return the form as it opens: the way chosen now, or what was typed before a sign-in."""
    return Typed(typed.get("rail", partner.payout_rail or ""), typed.get("account", ""), {})
