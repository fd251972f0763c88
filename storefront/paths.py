"""Addresses of this shop: where people find it, and what surely leads nowhere else."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import current_app, request
from werkzeug.exceptions import SecurityError

from storefront.settings import Settings

_LONGEST = 400
_MOST_CODINGS = 4


def address(path: str) -> str:
    """Return the address of a path as people outside find it, whatever host was asked."""
    settings: Settings = current_app.config["SETTINGS"]
    return f"{settings.base_url}{path}"


def own_path(text: str) -> str | None:
    """Return a path when it is surely one of this shop, however it is decoded; else None."""
    seen = text
    for _coding in range(_MOST_CODINGS):
        if not _is_own(seen):
            return None
        further = unquote(seen)
        if further == seen:
            return text
        seen = further
    return None


def page_before() -> str | None:
    """Return the path and query of the page that led here, when it is surely one of ours."""
    referrer = request.referrer or ""
    for origin in (address("/"), _host_asked()):
        if origin and referrer.startswith(origin):
            return own_path(f"/{referrer.removeprefix(origin)}")
    return None


def _host_asked() -> str | None:
    try:
        return request.host_url
    except SecurityError:  # a host that isn't ours
        return None


def _is_own(path: str) -> bool:
    return (
        len(path) <= _LONGEST
        and path.startswith("/")
        and not path.startswith("/k/")  # links don't lead in circles
        and path.isprintable()
        and not any(foreign in path for foreign in ("//", "\\", "/.", ":", "\ufffd"))
    )


def hosts(settings: Settings) -> list[str]:
    """Return the names by which the program answers: its own, and this machine's to itself."""
    return [urlsplit(settings.base_url).hostname or "", "localhost", "127.0.0.1", "[::1]"]
