"""Structured logs: one JSON line an event, with the request and who made it.

No form field, cookie or address of a shopper is ever logged.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from datetime import UTC, datetime

import structlog
from flask import Flask, Response, g, request
from flask_login import current_user
from structlog.tracebacks import ExceptionDictTransformer

from storefront.settings import Environment, Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# The token of an order's page is a key to it.
_SECRET_PATH = re.compile(r"^(/(?:o|pay)/)[^/]+")

log = structlog.get_logger("hoahong")


def init_app(app: Flask, settings: Settings) -> None:
    """Log each request of an app when it ends; a demo's terminal shows trouble alone."""
    set_up(logging.INFO if tells_requests(settings) else logging.WARNING)
    app.before_request(_begin)
    app.after_request(_end)


def set_up(level: int = logging.INFO, *, to: str = "stdout") -> None:
    """Log as lines of JSON, of a level and above, to one of the program's streams."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Never with local variables: a form's password may be one.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: structlog.PrintLogger(getattr(sys, to)),
        cache_logger_on_first_use=False,
    )


def tells_requests(settings: Settings) -> bool:
    """Tell whether each request is logged; a demo's terminal shows trouble alone."""
    return settings.environment is not Environment.DEMO


def request_id() -> str:
    """Return the id of the request in hand, which an error page shows."""
    return str(g.get("request_id", "-"))


def request_id_of(given: str, *, chance: str = "") -> str:
    """Return a request's id: the one that came with it, or 64 bits of what chance gave already."""
    return given if _REQUEST_ID.fullmatch(given) else chance[-16:] or secrets.token_hex(8)


def tell_followed(path: str, request_id: str, status: str, begun: float) -> None:
    """Log a follower of a link who was answered before Flask: the same line, written at once."""
    ms = (time.perf_counter() - begun) * 1000
    sys.stdout.write(
        f'{{"method": "GET", "path": {json.dumps(path)}, "status": {status[:3]}, "ms": {ms:.1f},'
        f' "actor": "shopper", "event": "request", "request_id": "{request_id}", "level": "info",'
        f' "timestamp": "{datetime.now(UTC).isoformat()[:26]}Z"}}\n'
    )
    sys.stdout.flush()


def _begin() -> None:
    g.request_id = request_id_of(request.headers.get("X-Request-Id", ""))
    g.begun = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    if request.endpoint != "static":
        log.info(
            "request",
            method=request.method,
            path=_SECRET_PATH.sub(r"\1…", request.path),
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("begun", time.perf_counter())) * 1000, 1),
            actor=actor(),
        )
    return response


def actor() -> str:
    """Return who acts: the account's mail, or ``shopper``."""
    known = current_user and current_user.is_authenticated
    return str(current_user.email) if known else "shopper"
