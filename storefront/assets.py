"""The shop's own static files: each address carries the digest of its file, and may be kept.

Also the two files that browsers and search engines ask for by name: the rose, and who may look
where.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, g, make_response, request, url_for

_STATIC = Path(__file__).parent / "static"
_FOR_A_DAY = "public, max-age=86400"
_FOR_A_YEAR = "public, max-age=31536000, immutable"
_FOUND = frozenset({200, 304})


_KEPT_OUT = ("/cart", "/checkout", "/o/", "/pay/", "/hub", "/desk", "/finance")

assets = Blueprint("assets", __name__)


@assets.get("/favicon.ico")
def favicon() -> Response:
    """Send the rose to whoever asks for it without having read a page."""
    return _plain_file((_STATIC / "rose.svg").read_text(encoding="utf-8"), "image/svg+xml")


@assets.get("/robots.txt")
def robots() -> Response:
    """Tell search engines which pages are a shopper's or a desk's own."""
    lines = ("User-agent: *", *(f"Disallow: {path}" for path in _KEPT_OUT))
    return _plain_file("\n".join(lines) + "\n", "text/plain; charset=utf-8")


def init_app(app: Flask) -> None:
    """Give templates ``asset`` and let browsers keep what it names."""
    app.jinja_env.globals["asset"] = asset
    app.after_request(_keep)


def asset(name: str) -> str:
    """Return the address of a static file, which changes when its content does."""
    return url_for("static", filename=name, v=_digest(name))


@lru_cache
def _digest(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]


def _plain_file(content: str, content_type: str) -> Response:
    """Return a file that is the same for every reader."""
    g.vary = None
    response = make_response(content)
    response.content_type = content_type
    response.headers["Cache-Control"] = _FOR_A_DAY
    return response


def _keep(response: Response) -> Response:
    if request.endpoint != "static":
        return response
    if response.status_code in _FOUND and _is_current():
        response.headers["Cache-Control"] = _FOR_A_YEAR
    if response.direct_passthrough:  # read whole, so that it can be compressed for any browser
        response.direct_passthrough = False
        response.make_sequence()
    return response


def _is_current() -> bool:
    """Tell whether the address carries the digest of the file as it is."""
    name = (request.view_args or {}).get("filename", "")
    return "v" in request.args and request.args["v"] == _digest(name)
