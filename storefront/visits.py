"""What a visitor's browser carries: two signed cookies, each of which may be lost or forged.

``visit`` names the visitor and tells their last touch, so that cart and checkout know it before it
is loaded; ``cart`` names the cart. A cookie that is forged, too old or too long counts as none: the
shopper still gets the page.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadData, TimestampSigner
from itsdangerous.signer import SigningAlgorithm
from werkzeug.http import dump_cookie

from commissions.clicks import Visit

VISIT, CART = "visit", "cart"
_LONGEST = 400
_DAY_S = 86_400
_KEPT_DAYS = {VISIT: 400, CART: 60}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a visitor's browser remembers: their name, and the last touch of theirs that counts."""

    visitor: str
    last: Visit | None = None


class _OneCall(SigningAlgorithm):
    """HMAC by SHA-256 in one call of the library's: building it of objects takes twice as long."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return the signature of a value."""
        return hmac.digest(key, value, "sha256")


class Cookies:
    """Signs and reads the cookies of one app."""

    def __init__(self, secret_key: str, *, secure: bool) -> None:
        self._signers = {
            name: TimestampSigner(secret_key, salt=f"cookie-{name}", algorithm=_OneCall())
            for name in _KEPT_DAYS
        }
        # All but the value is always the same, and what we sign needs no quoting.
        self._around = {name: _set_cookie(name, secure=secure) for name in _KEPT_DAYS}

    def read(self, name: str, text: str) -> str | None:
        """Return what a cookie says, None for one that isn't ours or is too old."""
        if not text or len(text) > _LONGEST:
            return None
        try:
            said = self._signers[name].unsign(text, max_age=_KEPT_DAYS[name] * _DAY_S)
        except BadData:
            return None
        return said.decode()

    def header(self, name: str, value: str) -> str:
        """Return the Set-Cookie header of a cookie that says a value, signed and dated."""
        before, after = self._around[name]
        return f"{before}{self._signers[name].sign(value).decode()}{after}"

    def remembered(self, text: str) -> Memory | None:
        """Return what a visit cookie remembers."""
        said = self.read(VISIT, text)
        return _understand(said) if said else None

    def remembering(self, memory: Memory) -> str:
        """Return the Set-Cookie header of a visit cookie."""
        return self.header(VISIT, _say(memory))


def _set_cookie(name: str, *, secure: bool) -> tuple[str, str]:
    """Return what stands before and after the value in a cookie's header."""
    header = dump_cookie(
        name,
        "VALUE",
        max_age=_KEPT_DAYS[name] * _DAY_S,
        httponly=True,
        samesite="Lax",
        secure=secure,
        sync_expires=False,
    )
    before, _, after = header.partition("VALUE")
    return before, after


def init_app(app: Flask) -> None:
    """Let an app know its visitors again."""
    secret_key, secure = str(app.secret_key or ""), bool(app.config["SESSION_COOKIE_SECURE"])
    app.extensions["cookies"] = Cookies(secret_key, secure=secure)
    app.after_request(_set)


def cookies(app: Flask) -> Cookies:
    """Return what signs and reads an app's cookies."""
    return cast("Cookies", app.extensions["cookies"])


def memory() -> Memory | None:
    """Return what the visitor's browser remembers, when it brings it back."""
    said = _read(VISIT)
    return _understand(said) if said else None


def remember(memory: Memory) -> None:
    """Let the visitor's browser remember, from this answer on."""
    _write(VISIT, _say(memory))


def visitor() -> str | None:
    """Return the visitor's name for themselves, when the browser brings one back."""
    known = memory()
    return known.visitor if known else None


def cart_token() -> str | None:
    """Return the token of the visitor's cart, when the browser brings one back."""
    return _read(CART)


def make_cart_token() -> str:
    """Return a new cart's token, which the answer sets."""
    return _write(CART, secrets.token_urlsafe(16))


def keep_cart_token(token: str) -> None:
    """Let the browser keep its cart for as long again: it has been used."""
    _write(CART, token)


def _read(name: str) -> str | None:
    fresh = g.get("cookies", {}).get(name)
    return str(fresh) if fresh else cookies(current_app).read(name, request.cookies.get(name, ""))


def _write(name: str, value: str) -> str:
    g.setdefault("cookies", {})[name] = value
    return value


def _set(response: Response) -> Response:
    for name, value in g.get("cookies", {}).items():
        response.headers.add("Set-Cookie", cookies(current_app).header(name, value))
    return response


def _say(memory: Memory) -> str:
    last = memory.last
    if last is None:
        return memory.visitor
    at = (last.occurred_at - _EPOCH) // _MICROSECOND
    return f"{memory.visitor}:{last.key}:{last.partner_id}:{last.link_id or 0}:{last.kind}:{at}"


def _understand(said: str) -> Memory | None:
    visitor, *touch = said.split(":")
    if not touch:
        return Memory(visitor)
    try:
        key, partner, link, kind, at = touch
        when = _EPOCH + int(at) * _MICROSECOND
        return Memory(visitor, Visit(int(partner), when, kind, int(link) or None, visitor, key=key))
    except (ValueError, OverflowError):  # of another release, signed all the same
        return None
