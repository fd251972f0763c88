"""One request, one transaction: begun when the request first asks, ended with the answer.

A request that only reads sees one state of the books and holds no writer up. One that may write
begins as a writer. An answer of 400 and more undoes what the request did.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from storefront import database
from storefront.access import READING_POSTS

_REFUSED = 400


class _Undo(Exception):
    """Leaves a transaction so that its work is undone."""


def init_app(app: Flask, engine: Engine) -> None:
    """Give every request of an app its transaction on an engine."""
    app.extensions["engine"] = engine
    app.after_request(_end)
    app.teardown_request(_abandon)


def engine() -> Engine:
    """Return the app's engine, for the few steps that are several transactions."""
    return cast("Engine", current_app.extensions["engine"])


def undo() -> None:
    """Undo what the request has done so far; what it asks for next begins anew."""
    _leave(_Undo())


def give_up() -> None:
    """Undo what the request has done, and let its answer be written without the database."""
    undo()
    g.given_up = True


def is_given_up() -> bool:
    """Tell whether the rest of the request asks the database for nothing."""
    return bool(g.get("given_up", False))


def finish() -> None:
    """Commit what the request has done so far, before it calls a payout rail."""
    _leave(None)


def _session() -> Session:
    if "session" not in g:
        begin = database.transaction if _may_write() else database.snapshot
        g.transaction = cast("AbstractContextManager[Session]", begin(engine()))
        g.session = g.transaction.__enter__()
    return cast("Session", g.session)


def _may_write() -> bool:
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return False  # a visit goes to the spool
    return request.endpoint not in READING_POSTS


def _end(response: Response) -> Response:
    _leave(_Undo() if response.status_code >= _REFUSED else None)
    return response


def _abandon(fault: BaseException | None) -> None:
    del fault
    _leave(_Undo())


def _leave(fault: Exception | None) -> None:
    transaction = g.pop("transaction", None)
    g.pop("session", None)
    if transaction is None:
        return
    if fault is None:
        transaction.__exit__(None, None, None)
        return
    try:
        transaction.__exit__(type(fault), fault, None)
    except _Undo:
        return


session = cast("Session", LocalProxy(_session))
"""The session of the request in hand."""
