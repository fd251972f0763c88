"""What staff see while there is nothing to see: why, and which commands come next.

The finance console is about a program and the brand's desk about a shop. While there is none,
their pages are this one, so that whoever has just signed in has a console to stand in.
"""

from __future__ import annotations

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from commissions.models import Program
from storefront.shop import current
from storefront.transactions import session

_NEEDS_A_PROGRAM, _NEEDS_A_SHOP = "finance", "merchant"


def init_app(app: Flask) -> None:
    """Let the pages of the consoles say what they wait for; asked after who may open them."""
    app.before_request(_say_what_comes_first)


def _say_what_comes_first() -> ResponseReturnValue | None:
    if request.method != "GET" or not _waits():
        return None
    return render_template("starting.html", has_program=_has_program())


def _waits() -> bool:
    if request.blueprint == _NEEDS_A_SHOP:
        return current.shop_here() is None
    return request.blueprint == _NEEDS_A_PROGRAM and not _has_program()


def _has_program() -> bool:
    return session.scalar(select(Program.id).limit(1)) is not None
