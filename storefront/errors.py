"""Every error becomes one page for people, in one place; the sentence tells what to do next.

A refusal of the engine is told in the reader's language by its kind; its own English sentence,
which names ids and figures, stands below for those who work with the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import Flask, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from commissions import errors
from storefront import access, paths, transactions
from storefront.database_faults import DatabaseFault
from storefront.logs import log, request_id

_OURS = 500  # from here on it is our own fault


class Refusal(errors.HoahongError):
    """A kind no to somebody at a screen: the sentence is in their language already."""

    status = 409

    def __init__(self, sentence: str | LazyString, *, title: str | LazyString = "") -> None:
        super().__init__(str(sentence))
        self.title = title


class Missing(Refusal):
    """There is no such thing, or it is somebody else's: the same answer to both."""

    status = 404


class Told(NamedTuple):
    """How an error is told: status, headline and advice."""

    status: int
    title: str | LazyString
    advice: str | LazyString


_NOT_FOUND = Told(
    404,
    _l("This page isn't here"),
    _l("The address may be mistyped, or what it showed is gone."),
)
_BROKEN = Told(
    500,
    _l("Something broke on our side"),
    _l("Nothing was booked. Try again in a minute; if it stays, tell us the number below."),
)
_BY_STATUS: Mapping[int, Told] = {
    400: Told(
        400,
        _l("That form can't be used any more"),
        _l("It was open for too long, or came from elsewhere. Go back, load the page again and"
           " send it once more; nothing was changed."),
    ),
    403: Told(
        403,
        _l("This page isn't for your account"),
        _l("You are signed in, but with another role. Ask an administrator if you need it."),
    ),
    404: _NOT_FOUND,
    405: Told(405, _l("That doesn't work this way"), _l("Go back and use the page's own buttons.")),
    413: Told(413, _l("That was too much at once"), _l("Send less text, and try again.")),
}  # fmt: skip
_BY_ERROR: Mapping[type[errors.HoahongError], Told] = {
    errors.FourEyes: Told(
        409,
        _l("It takes two people"),
        _l("Who built a batch can't approve or refuse it. Ask a colleague to look at it."),
    ),
    errors.StateConflict: Told(
        409,
        _l("Somebody was faster, or it has moved on"),
        _l("Its state no longer allows this. Go back and load the page again to see it."),
    ),
    errors.PayoutDetailsMissing: Told(
        409,
        _l("There is nowhere to pay to"),
        _l("The partner has given no payout details yet. Ask for them first."),
    ),
    errors.RefundTooLarge: Told(
        422,
        _l("That is more than is left"),
        _l("No more pieces can be given back than were sold. Look at what came back before."),
    ),
    errors.MonthSealed: Told(
        409,
        _l("That month is closed"),
        _l("Its books are sealed. Book it in the open month instead."),
    ),
    errors.BooksBroken: Told(
        500,
        _l("The books don't agree"),
        _l("Nothing was booked. Run a verification and read its findings before going on."),
    ),
    errors.NotFound: _NOT_FOUND,
    errors.Conflict: Told(
        409,
        _l("That contradicts what is booked"),
        _l("Nothing was changed. Go back, load the page again and compare."),
    ),
    errors.HoahongError: Told(
        422,
        _l("That can't be booked"),
        _l("Nothing was changed. Go back and mend what the sentence below names."),
    ),
}
_BUSY = Told(
    503,
    _l("The shop is very busy right now"),
    _l("Nothing was changed. Try again in a few seconds."),
)


def init_app(app: Flask) -> None:
    """Let an app tell every error as a page."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(SecurityError, _elsewhere)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(errors.HoahongError, _refusal)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(DatabaseFault, _busy)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(IntegrityError, _taken)
    app.register_error_handler(Exception, _broken)


def _http(fault: Exception) -> ResponseReturnValue:
    code = (fault.code if isinstance(fault, HTTPException) else None) or 500
    if isinstance(fault, HTTPException) and 300 <= code < 400:  # noqa: PLR2004  # reason: redirects
        return fault.get_response()
    return _page(_BY_STATUS.get(code, _BROKEN if code >= _OURS else _NOT_FOUND), status=code)


def _elsewhere(_fault: Exception) -> ResponseReturnValue:
    """Tell who asked for a host that isn't ours where the shop is."""
    return render_template("stranger.html"), 400


def _stale_form(fault: Exception) -> ResponseReturnValue:
    """Show the page of a form again whose token is gone, with what was typed in it."""
    page, is_kept = access.keep_typed()
    if page is None or not is_kept:  # going back, the browser may still have it
        return _http(fault)
    transactions.undo()
    flash(_("This form was open for too long. Everything is still here: send it once more."))
    return redirect(page, 303)


def _refusal(fault: Exception) -> ResponseReturnValue:
    if isinstance(fault, Refusal):
        is_page = isinstance(fault, Missing) and request.method == "GET"
        title = fault.title or (_NOT_FOUND.title if is_page else _l("That didn't work"))
        return _page(Told(fault.status, title, str(fault)))
    kind = next(one for one in type(fault).__mro__ if one in _BY_ERROR)
    told = _BY_ERROR[kind]
    log.info("refusal", error=type(fault).__name__, sentence=str(fault))
    # What isn't found may be somebody else's: the sentence would tell.
    return _page(told, detail="" if told is _NOT_FOUND else str(fault))


def _unstorable(fault: Exception) -> ResponseReturnValue:
    """Tell of what no row can hold, such as a NUL sign: nothing is called so, no form keeps it."""
    log.info("unstorable", error=str(fault).splitlines()[0])
    return _page(_NOT_FOUND if request.method == "GET" else _BY_STATUS[400])


def _taken(fault: Exception) -> ResponseReturnValue:
    """Tell of two who wrote the same at once: the first one's stands."""
    log.warning("integrity", error=str(fault).splitlines()[0])
    return _page(_BY_ERROR[errors.Conflict])


def _busy(fault: Exception) -> ResponseReturnValue:
    log.warning("database", error=str(fault).splitlines()[0])
    return _page(_BUSY)


def _broken(fault: Exception) -> ResponseReturnValue:
    log.exception("fault", exc_info=fault)
    return _page(_BROKEN)


def _read_again() -> None:
    """Undo, and let whoever asks be read again: a write that failed has spoilt all rows read."""
    transactions.undo()
    g.pop("_login_user", None)


def _ask_nobody() -> None:
    """Let the page be written without the database, which may be what broke."""
    transactions.give_up()
    g._login_user = AnonymousUserMixin()  # noqa: SLF001  # reason: where Flask-Login keeps it


def _page(told: Told, *, detail: str = "", status: int | None = None) -> ResponseReturnValue:
    _read_again()
    told = told._replace(status=status or told.status)
    if told.status >= _OURS:
        _ask_nobody()
    try:
        page = _written(told, detail)
    except (DatabaseError, DatabaseFault):  # then without it
        _ask_nobody()
        page = _written(told, detail)
    return page, told.status


def _written(told: Told, detail: str) -> str:
    """Write the page in the reader's own surroundings: the shop's, or a desk's."""
    back = paths.page_before()
    leads_here = request.method == "GET" and (back or "").partition("?")[0] == request.path
    return render_template(
        "error.html",
        told=told,
        detail=detail,
        request_id=request_id(),
        back=None if leads_here else back,
        for_staff=any(access.may(one) for one in ("finance.home", "merchant.orders")),
    )
