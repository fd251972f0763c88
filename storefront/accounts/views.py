"""Where people land when they have signed in: each at their own desk."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from storefront import access

accounts = Blueprint("accounts", __name__)

_DESKS = ("hub.home", "finance.home", "merchant.orders")


@accounts.get("/me")
def me() -> ResponseReturnValue:
    """Lead to the desk of whoever is signed in."""
    desk = next((one for one in _DESKS if access.may(one)), None)
    if desk is None:
        raise Forbidden
    return redirect(url_for(desk))
