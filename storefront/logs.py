"""Structured logs: one JSON line an event, with the request and who made it.

No form field, cookie or address of a shopper is ever logged.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time

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
    set_up(logging.WARNING if settings.environment is Environment.DEMO else logging.INFO)
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


def request_id() -> str:
    """Return the id of the request in hand, which an error page shows."""
    return str(g.get("request_id", "-"))


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
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
