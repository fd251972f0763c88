"""The finance console's pages: review, books, the trail of an order, a partner."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from commissions import approval, earnings, partners, trail
from commissions.errors import StateConflict
from storefront import access, logs, sums, transactions, verification
from storefront.errors import Missing
from storefront.finance import (
    answers,
    books,
    checks,
    fields,
    find_views,
    payday,
    payout_views,
    queue,
    trails,
    words,
)
from storefront.finance.blueprint import finance
from storefront.finance.current import back_to, now, page, program
from storefront.transactions import session, undo

# The blueprint, and the pages that add themselves to it.
__all__ = ["finance", "find_views", "payout_views"]

_NOT_SO = {
    "hold": _l("Only what is on hold or ready can be held. Nothing was changed."),
    "lift": _l("Only what is held for review can be released; a hold ends by itself on its day."
               " Nothing was changed."),
    "reject": _l("What is in a payout, paid or taken back can't be rejected. Nothing was changed."),
}  # fmt: skip
_VERBS = {"hold": approval.hold, "lift": approval.lift, "reject": approval.reject}


@finance.get("")
def home() -> ResponseReturnValue:
    """Lead to the review queue."""
    return back_to("finance.review")


@finance.get("/review")
def review() -> ResponseReturnValue:
    """Show what is open, with the answers above it and one commission beside it."""
    typed = access.typed_before()
    return _review(typed=typed or None, chosen=fields.ids_of(typed, "ids"))


@finance.post("/review/decide")
def decide() -> ResponseReturnValue:
    """Hold, lift or reject the chosen commissions, for a reason."""
    ids, action = fields.chosen_ids("ids"), request.form.get("action", "")
    reason = fields.reason()
    fault = _fault(ids, action, reason)
    if fault:
        undo()
        return _review(fault=fault, typed=request.form, chosen=ids), 422
    try:
        _VERBS[action](session, program(), ids, at=now(), actor=logs.actor(), reason=reason)
    except StateConflict:
        undo()
        return _review(fault=str(_NOT_SO[action]), typed=request.form, chosen=ids), 422
    flash(_told(action, len(ids)), "leaf")
    return back_to("finance.review", **_filters(request.form).words())


@finance.get("/books", endpoint="books")
def show_books() -> ResponseReturnValue:
    """Show what the accounts hold, when the books were last proved, and the closed months."""
    one = program()
    return page(
        "finance/books.html",
        section="finance.books",
        checked=checks.last(session, one, now=now()),
        groups=books.groups(session, one),
        held=books.held_in_all(session, one),
        house=books.house(session, one),
        standings=books.standings(session, one),
        seals=books.seals(session, one),
        words=words,
    )


@finance.post("/books/verify")
def verify() -> ResponseReturnValue:
    """Prove the books as they are at one moment; the page shows what that found."""
    code, at = program().code, now()
    transactions.finish()
    report = verification.verify(transactions.engine(), code, now=at)
    if report.balanced:
        flash(_("Every promise of the ledger holds: debits equal credits, every balance is the"
                " sum of its entries, every seal fits its month."), "leaf")  # fmt: skip
    else:
        flash(_("The books don't agree. Read the findings before anything is paid."), "brick")
    return back_to("finance.books")


@finance.get("/orders/<path:reference>", endpoint="trail")
def show_trail(reference: str) -> ResponseReturnValue:
    """Show an order from click to paid, closed by a line that proves the books."""
    found = trail.of_sale(session, program(), reference)
    return page(
        "finance/trail.html",
        section="finance.books",
        trail=trails.read(session, program(), found),
        words=words,
        checked=checks.last(session, program(), now=now()),
    )


@finance.get("/partners/<path:code>")
def partner(code: str) -> ResponseReturnValue:
    """Show what a partner is owed, earned and was paid."""
    one = partners.find(session, program(), code)
    return page(
        "finance/partner.html",
        section="finance.books",
        partner=one,
        totals=earnings.totals(session, program(), one.id),
        earned=books.earned_by(session, one),
        paid=books.paid_to(session, one),
        masked=payday.masked,
        words=words,
    )


def _review(
    *,
    fault: str = "",
    typed: Mapping[str, str] | None = None,
    chosen: tuple[int, ...] = (),
) -> str:
    one, filters = program(), _filters(typed or request.args)
    rows = queue.rows(session, one, filters)
    totals = queue.totals(session, one, filters)
    opened = _opened(rows)
    return page(
        "finance/review.html",
        section="finance.review",
        answers=answers.read(session, one, actor=logs.actor(), now=now()),
        filters=filters,
        rows=rows,
        totals=totals,
        shown_of=sum(one.count for one in totals.values()),
        partners=queue.partners(session, one),
        why=queue.why_held(session, [row.id for row in rows if row.state in queue.HELD]),
        opened=opened,
        receipt=_receipt(opened),
        fault=fault,
        typed=typed or {},
        chosen=chosen,
        words=words,
    )


def _opened(rows: list[queue.Row]) -> queue.Detail | None:
    """Return the commission that the address opens, else the first held one, else the first."""
    asked = fields.one_id("open")
    if asked is None:
        held = [row for row in rows if row.state in queue.HELD]
        first = next(iter([*held, *rows]), None)
        asked = first.id if first else None
    return None if asked is None else queue.detail(session, program(), asked)


def _receipt(opened: queue.Detail | None) -> sums.Receipt | None:
    if opened is None:
        return None
    return sums.receipts(session, program(), [opened.row.id]).get(opened.row.id)


def _filters(given: Mapping[str, str]) -> queue.Filters:
    return queue.Filters.read(given)


def _fault(ids: tuple[int, ...], action: str, reason: str) -> str:
    if action not in _VERBS:
        raise Missing(_("There is no such decision."))
    if not ids:
        return str(_("Choose at least one row first: tick the box at its beginning."))
    return fields.fault_of_reason(reason)


def _told(action: str, count: int) -> str:
    if action == "hold":
        return str(ngettext("%(num)d commission is held until finance releases it.",
                            "%(num)d commissions are held until finance releases them.",
                            count))  # fmt: skip
    if action == "lift":
        return str(ngettext("The stop on %(num)d commission is released.",
                            "The stop on %(num)d commissions is released.", count))  # fmt: skip
    return str(ngettext("%(num)d commission is rejected; its sum went back to expense.",
                        "%(num)d commissions are rejected; their sums went back to expense.",
                        count))  # fmt: skip
