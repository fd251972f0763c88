"""Who may open what: every route with the roles that it is for. A route without a row is shut.

The rows are the whole truth: no view asks for a role by itself. Whose order, commission or payout
a page shows is the view's business: another person's is not found.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, abort, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

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
    "finance.build": frozenset({PREPARER}),
    "finance.approve": frozenset({APPROVER}),
    "finance.refuse": frozenset({APPROVER}),
    "finance.send": FINANCE,
    "finance.settle": FINANCE,
    "finance.fail": FINANCE,
    "finance.take_return": FINANCE,
    "finance.books": READS_BOOKS,
    "finance.verify": READS_BOOKS,
    "finance.trail": READS_BOOKS,
    "finance.partner": READS_BOOKS,
    # the demo's clock
    "demo.staff": STAFF,
    "demo.advance": STAFF,
    # machines
    "health.live": EVERYONE,
    "health.ready": EVERYONE,
}
WRITING_GETS = frozenset({"links.follow", "shop.page"})
"""GETs that write: they record a touch, so their transaction begins as a writer's."""
READING_POSTS = frozenset({"security.login", "security.logout", "security.verify"})
"""POSTs that write nothing: a password is compared while no writer waits."""

_STASH = "typed"
_MOST_STASHED = 2_000
_NEVER_STASHED = frozenset({"csrf_token", "password"})


def init_app(app: Flask) -> None:
    """Ask the table before every request."""
    app.before_request(_check)


def may(endpoint: str) -> bool:
    """Tell whether whoever is signed in may open an endpoint: menus show no closed door."""
    allowed = ACCESS[endpoint]
    return allowed is EVERYONE or bool(allowed & _roles())


def typed_before() -> dict[str, str]:
    """Return what was typed here when the sign-in had run out, once."""
    stash = session.get(_STASH) or {}
    if stash.get("path") != request.path:
        return {}
    session.pop(_STASH)
    return dict(stash["fields"])


def _check() -> Response | None:
    if request.endpoint is None:
        return None  # no such page, and the error says so
    allowed = ACCESS.get(request.endpoint)
    if allowed is None:
        abort(403)
    if not allowed or allowed & _roles():
        return None
    if current_user.is_authenticated:
        abort(403)
    return _sign_in_first()


def _roles() -> set[str]:
    return {role.name for role in current_user.roles} if current_user.is_authenticated else set()


def _sign_in_first() -> Response:
    """Lead to sign-in and back; what was typed in a form meanwhile is kept."""
    if request.method == "GET":
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    fields = {name: text for name, text in request.form.items() if name not in _NEVER_STASHED}
    back = _page_of_form()
    if sum(map(len, fields.values())) <= _MOST_STASHED:
        session[_STASH] = {"path": back, "fields": fields}
    flash(_("Your sign-in has run out. Sign in again: what you typed is kept."), "amber")
    return redirect(url_for("security.login", next=back), 303)


def _page_of_form() -> str:
    """Return the path of the page whose form was sent, as far as the browser tells."""
    origin = request.host_url
    if request.referrer and request.referrer.startswith(origin):
        return "/" + request.referrer.removeprefix(origin).partition("?")[0]
    return url_for("accounts.me")
