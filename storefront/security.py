"""What every answer carries to keep its reader safe, and the check that every form passes.

The Content-Security-Policy allows the shop's own files and nothing else: no inline script or
style, unless it carries the page's nonce.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, g
from flask_wtf import CSRFProtect

from storefront.settings import Settings

_PICTURES_POLICY = "default-src 'none'; sandbox"
NOTHING_RUNS = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
"""For the few words of a redirect, which need neither script nor style."""


def init_app(app: Flask, settings: Settings) -> None:
    """Guard an app's forms and answers."""
    CSRFProtect(app)
    app.jinja_env.globals["nonce"] = nonce

    @app.after_request
    def guard(response: Response) -> Response:
        return _guard(response, secure=settings.is_secure)


def nonce() -> str:
    """Return this answer's nonce, for the rare script or style that must stand in the page."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce()}'",
            f"style-src 'self' 'nonce-{nonce()}'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _guard(response: Response, *, secure: bool) -> Response:
    is_page = response.mimetype == "text/html"
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy() if is_page else _PICTURES_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if is_page:
        headers.setdefault("Cache-Control", "no-store")
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
