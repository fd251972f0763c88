"""The program in hand: named by ``?program=``, the shop's own unless told otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import select

from commissions import programs
from commissions.models import Program
from storefront import clock
from storefront.errors import Missing
from storefront.finance.actors import person
from storefront.shop.models import Shop
from storefront.transactions import session

_DEFAULT = select(Shop).order_by(Shop.id).limit(1)


def program() -> Program:
    """Return the program that the page is about; raises Missing for a code that none has."""
    if "program" not in g or g.program not in session:
        g.program = _find(request.args.get("program", ""))
    found: Program = g.program
    return found


def link(endpoint: str, **values: Any) -> str:  # noqa: ANN401  # reason: whatever an address holds
    """Return an address in the console that stays with the program in hand."""
    if request.args.get("program"):
        values["program"] = request.args["program"]
    return url_for(endpoint, **values)


def back_to(endpoint: str, **values: Any) -> Response:  # noqa: ANN401  # reason: the same
    """Lead on after something was done."""
    return make_response(redirect(link(endpoint, **values), 303))


def now() -> datetime:
    """Return the instant that the console goes by."""
    return clock.now(session)


def page(template: str, **context: Any) -> str:  # noqa: ANN401  # reason: whatever a page shows
    """Write a page of the console about the program in hand."""
    one = program()
    return render_template(
        template,
        program=one,
        programs=programs.everyone(session),
        zone=one.time_zone,
        currency=one.currency,
        link=link,
        person=person,
        now=now(),
        **context,
    )


def _find(code: str) -> Program:
    everyone = programs.everyone(session)
    if code:
        found = next((one for one in everyone if one.code == code), None)
    else:
        shop = session.scalar(_DEFAULT)
        found = shop.program if shop else next(iter(everyone), None)
    if found is None:
        raise Missing("There is no such program.")
    return found
