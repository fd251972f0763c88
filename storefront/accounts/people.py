"""Names of those who acted: the books keep their mail, screens show what they are called."""

from __future__ import annotations

from flask import g
from sqlalchemy import select

from storefront.accounts.models import User
from storefront.transactions import session


def person(mail: str | None) -> str:
    """Return the name of whoever acted, by the mail in the books; machines keep their own."""
    if mail is None:
        return ""
    if "people" not in g:
        g.people = {email: name for email, name in session.execute(select(User.email, User.name))}
    return str(g.people.get(mail, mail))
