"""Names of those who acted: the books keep their mail, screens show what they are called."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from storefront.accounts.models import User
from storefront.transactions import session

_MACHINES: Mapping[str, LazyString] = {
    "bank": _l("the bank"),
    "jobs": _l("the automatic run"),
    "shop": _l("the shop"),
    "shopper": _l("the shopper"),
}


def person(mail: str | None) -> str:
    """Return the name of whoever acted, by the mail in the books; machines by what they do."""
    if mail is None:
        return ""
    if "people" not in g:
        g.people = {email: name for email, name in session.execute(select(User.email, User.name))}
    return str(g.people.get(mail) or _MACHINES.get(mail, mail))
