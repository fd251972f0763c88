"""What a visitor's browser carries: two signed cookies, each of which may be lost or forged.

``visit`` names the visitor, so that touches find their sale; ``cart`` names the cart. A cookie
that is forged, too old or too long counts as none: the shopper still gets the page.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

_VISIT, _CART = "visit", "cart"
_LONGEST = 400
_DAY_S = 86_400
_KEPT_DAYS = {_VISIT: 400, _CART: 60}


def init_app(app: Flask) -> None:
    """Let an app know its visitors again."""
    app.after_request(_set)


def visitor() -> str | None:
    """Return the visitor's name for themselves, when the browser brings one back."""
    return _read(_VISIT)


def make_visitor() -> str:
    """Return the visitor's name, a new one when there is none."""
    return visitor() or _write(_VISIT, secrets.token_urlsafe(16))


def cart_token() -> str | None:
    """Return the token of the visitor's cart, when the browser brings one back."""
    return _read(_CART)


def make_cart_token() -> str:
    """Return a new cart's token, which the answer sets."""
    return _write(_CART, secrets.token_urlsafe(16))


def _signer(name: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=f"cookie-{name}")


def _read(name: str) -> str | None:
    fresh = g.get("cookies", {}).get(name)
    if fresh:
        return str(fresh)
    text = request.cookies.get(name, "")
    if not text or len(text) > _LONGEST:
        return None
    try:
        value = _signer(name).loads(text, max_age=_KEPT_DAYS[name] * _DAY_S)
    except BadData:
        return None
    return value if isinstance(value, str) else None


def _write(name: str, value: str) -> str:
    g.setdefault("cookies", {})[name] = value
    return value


def _set(response: Response) -> Response:
    for name, value in g.get("cookies", {}).items():
        response.set_cookie(
            name,
            str(_signer(name).dumps(value)),
            max_age=_KEPT_DAYS[name] * _DAY_S,
            httponly=True,
            samesite="Lax",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        )
    return response
