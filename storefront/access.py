"""Who may open what: every route with the roles that it is for. A route without a row is shut.

The rows are the whole truth: no view asks for a role by itself. Whose order, commission or payout
a page shows is the view's business: another person's is not found.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, cast

from flask import Flask, abort, current_app, flash, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from storefront import paths

PARTNER, OPERATOR, PREPARER, APPROVER, ADMIN = ROLES = (
    "partner",
    "operator",
    "preparer",
    "approver",
    "admin",
)
EVERYONE: frozenset[str] = frozenset()
SIGNED_IN = frozenset(ROLES)
FINANCE = frozenset({PREPARER, APPROVER})
BRAND = frozenset({OPERATOR, ADMIN})
STAFF = frozenset({OPERATOR, PREPARER, APPROVER, ADMIN})
READS_BOOKS = FINANCE | {ADMIN}
NEVER_REMEMBERED = FINANCE | {ADMIN}
"""Who signs in each time: no browser keeps their sign-in beyond its session."""

ACCESS: Mapping[str, frozenset[str]] = {
    # shoppers
    "static": EVERYONE,
    "shop.home": EVERYONE,
    "shop.page": EVERYONE,
    "shop.product": EVERYONE,
    "shop.picture": EVERYONE,
    "links.follow": EVERYONE,
    "orders.cart": EVERYONE,
    "orders.add": EVERYONE,
    "orders.change": EVERYONE,
    "orders.support": EVERYONE,
    "orders.checkout": EVERYONE,
    "orders.place": EVERYONE,
    "orders.order": EVERYONE,
    "payments.test_page": EVERYONE,
    "payments.test_pay": EVERYONE,
    "payments.again": EVERYONE,
    # accounts
    "security.login": EVERYONE,
    "security.logout": EVERYONE,
    "security.verify": SIGNED_IN,
    "accounts.me": SIGNED_IN,
    # the KOC's desk
    "hub.home": frozenset({PARTNER}),
    "hub.links": frozenset({PARTNER}),
    "hub.qr": frozenset({PARTNER}),
    "hub.earnings": frozenset({PARTNER}),
    "hub.team": frozenset({PARTNER}),
    "hub.payout_details": frozenset({PARTNER}),
    "hub.keep_payout_details": frozenset({PARTNER}),
    # the brand's desk
    "merchant.orders": BRAND,
    "merchant.order": BRAND,
    "merchant.ship": BRAND,
    "merchant.deliver": BRAND,
    "merchant.complete": BRAND,
    "merchant.refund": BRAND,
    # finance
    "finance.home": READS_BOOKS,
    "finance.review": READS_BOOKS,
    "finance.decide": FINANCE,
    "finance.payouts": READS_BOOKS,
    "finance.batch": READS_BOOKS,
    "finance.payments": FINANCE,
    "finance.build": frozenset({PREPARER}),
    "finance.approve": frozenset({APPROVER}),
    "finance.refuse": frozenset({APPROVER}),
    "finance.send": FINANCE,
    "finance.settle": FINANCE,
    "finance.fail": FINANCE,
    "finance.take_return": FINANCE,
    "finance.books": READS_BOOKS,
    "finance.verify": READS_BOOKS,
    "finance.find": READS_BOOKS,
    "finance.trail": READS_BOOKS,
    "finance.partner": READS_BOOKS,
    # the demo's clock
    "demo.staff": STAFF,
    "demo.advance": STAFF,
    # machines
    "assets.favicon": EVERYONE,
    "assets.robots": EVERYONE,
    "health.live": EVERYONE,
    "health.ready": EVERYONE,
    "health.metrics": STAFF,
}
READING_POSTS = frozenset({"security.login", "security.logout", "security.verify"})
"""POSTs that write nothing: a password is compared while no writer waits."""

ASKS_AGAIN = frozenset(
    {"finance.build", "finance.approve", "finance.send", "hub.keep_payout_details"}
)
"""What moves money, or where it goes to: only for who has typed the password lately."""
_LATELY = timedelta(hours=12)

_STASH = "typed"
_MOST_SIGNS = 20_000
_LONGEST_COOKIE = 3_400  # of the 4,096 bytes that browsers keep: a message may follow
_NEVER_STASHED = frozenset({"csrf_token", "password", "writer"})


def init_app(app: Flask) -> None:
    """Ask the table before every request."""
    app.before_request(_check)


def may(endpoint: str) -> bool:
    """Tell whether whoever is signed in may open an endpoint: menus show no closed door."""
    allowed = ACCESS[endpoint]
    return allowed is EVERYONE or bool(allowed & _roles())


def writer() -> str:
    """Return a mark of who fills in a form: what is typed is given back to nobody else."""
    who = current_user.fs_uniquifier if current_user.is_authenticated else "shopper"
    return hashlib.sha256(f"{current_app.secret_key!r} {who}".encode()).hexdigest()[:16]


def typed_before() -> MultiDict[str, str]:
    """Return what was typed here by the same person and couldn't be taken then, once."""
    stash = session.get(_STASH) or {}
    if stash.get("path") != request.path:
        return MultiDict()
    session.pop(_STASH)
    return MultiDict(stash["fields"] if stash.get("writer") == writer() else {})


class Kept(NamedTuple):
    """The page of ours on which a form stood, or None, and whether what was typed in it is kept."""

    page: str | None
    is_kept: bool


def keep_typed() -> Kept:
    """Keep the fields of a form that can't be taken now, for its page.

    A form that stands on no page of ours isn't kept: nobody else may fill in our forms. Nor is
    what is too much for a cookie.
    """
    session.pop(_STASH, None)
    back = paths.page_before()
    fields = {name: texts for name, texts in request.form.lists() if name not in _NEVER_STASHED}
    if back is None or len(json.dumps(fields)) > _MOST_SIGNS:
        return Kept(back, is_kept=False)
    path = back.partition("?")[0]
    stash = {"path": path, "fields": fields, "writer": request.form.get("writer")}
    if _cookie_length({**session, _STASH: stash}) > _LONGEST_COOKIE:
        return Kept(back, is_kept=False)
    session[_STASH] = stash
    return Kept(back, is_kept=True)


def _cookie_length(content: Mapping[str, object]) -> int:
    """Return the length of a session's cookie: signed, and packed, so that it tells by itself."""
    interface = cast("SecureCookieSessionInterface", current_app.session_interface)
    serializer = interface.get_signing_serializer(current_app)
    return len(serializer.dumps(dict(content))) if serializer else _LONGEST_COOKIE + 1


def _check() -> Response | None:
    if request.endpoint is None:
        return None  # no such page, and the error says so
    allowed = ACCESS.get(request.endpoint)
    if allowed is None:
        abort(403)
    if not allowed or allowed & _roles():
        return _password_first() if request.endpoint in ASKS_AGAIN and _is_stale() else None
    if current_user.is_authenticated:
        abort(403)
    return _sign_in_first()


def _is_stale() -> bool:
    """Tell whether the password was last typed long ago, or not in this session of the browser."""
    typed_at = cast("float", session.get("fs_paa", 0))
    return abs(time.time() - typed_at) > _LATELY.total_seconds()


def _roles() -> set[str]:
    return {role.name for role in current_user.roles} if current_user.is_authenticated else set()


def _sign_in_first() -> Response:
    """Lead to sign-in and back; what was typed in a form meanwhile is kept."""
    if request.method != "POST":
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    kept = keep_typed()
    flash(
        _("Your sign-in has run out. Sign in again: what you typed is kept.")
        if kept.is_kept
        else _(
            "Your sign-in has run out. Sign in again, and fill in the form once more:"
            " what you typed could not be kept."
        ),
        "amber",
    )
    return _lead_to("security.login", kept)


def _password_first() -> Response:
    """Lead to the question for the password and back; what was typed meanwhile is kept."""
    kept = keep_typed()
    flash(
        _("Then send the form once more; what stands in it is kept.")
        if kept.is_kept
        else _("Then fill in the form once more: what you typed could not be kept."),
        "amber",
    )
    return _lead_to("security.verify", kept)


def _lead_to(endpoint: str, kept: Kept) -> Response:
    return redirect(url_for(endpoint, next=kept.page or url_for("accounts.me")), 303)
