"""Where people land when they have signed in: each at their own desk."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from storefront import access

accounts = Blueprint("accounts", __name__)

_DESKS = ("hub.home", "finance.home", "merchant.orders")


@accounts.get("/me")
def me() -> ResponseReturnValue:
    """Lead to the desk of whoever is signed in."""
    for desk in _DESKS:
        if access.may(desk):
            return redirect(url_for(desk))
    abort(403)
