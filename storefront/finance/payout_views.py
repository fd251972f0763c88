"""The payout pages: what can be paid, batches built by one person and approved by another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from commissions import payouts, settling
from commissions.money import exponent
from commissions.payouts import Built
from commissions.states import PayoutState
from storefront import access, logs, payout_run, transactions
from storefront.errors import Missing
from storefront.finance import answers, fields, payday, payments, words
from storefront.finance.blueprint import finance
from storefront.finance.current import back_to, now, page, program
from storefront.transactions import session, undo

_EVERY = "every"


@finance.get("/payouts", endpoint="payouts")
def show_payouts() -> ResponseReturnValue:
    """Show who can be paid now, and the batches."""
    typed = access.typed_before()
    return _payouts(chosen=typed.getlist("partners") if typed else None)


@finance.post("/payouts")
def build() -> ResponseReturnValue:
    """Build a batch for the chosen partners, and tell who was left out and why."""
    codes = request.form.getlist("partners")
    if not codes:
        undo()
        fault = _("Choose at least one partner: tick the box before the name.")
        return _payouts(fault=fault, chosen=()), 422
    built = payouts.build_batch(
        session, program(), maker=logs.actor(), at=now(), partner_codes=codes
    )
    _tell_skipped(built)
    if built.batch is None:
        flash(_("Nothing is ready for them any more: no batch was built."))
        return back_to("finance.payouts")
    flash(_("Batch %(id)d is built. Somebody else must approve it.", id=built.batch.id), "leaf")
    return back_to("finance.batch", batch_id=built.batch.id)


@finance.get("/payouts/<int(max=9223372036854775807):batch_id>")
def batch(batch_id: int) -> ResponseReturnValue:
    """Show a batch with its payouts, and what whoever looks may do with it."""
    typed = access.typed_before()
    return _batch(batch_id, faulty=typed.get("what", ""), typed=typed)


@finance.get("/payouts/<int(max=9223372036854775807):batch_id>/payments.csv", endpoint="payments")
def take_payments(batch_id: int) -> ResponseReturnValue:
    """Hand out what an approved batch has still to pay as CSV; no cache keeps the accounts."""
    shown = payday.batch_page(session, program(), batch_id)
    listed = payments.of_batch(shown)
    if not listed:
        raise Missing(_("Nothing of this batch is to be paid: it has no payment list."))
    name = f"payments-{program().code}-{batch_id}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    text = payments.as_csv(listed, program().currency)
    return Response(text, mimetype="text/csv", headers=headers)


@finance.post("/payouts/<int(max=9223372036854775807):batch_id>/approve")
def approve(batch_id: int) -> ResponseReturnValue:
    """Approve a batch that somebody else has built."""
    payouts.approve(session, program(), batch_id, checker=logs.actor(), at=now())
    flash(_("Batch %(id)d is approved. It can be sent now.", id=batch_id), "leaf")
    return back_to("finance.batch", batch_id=batch_id)


@finance.post("/payouts/<int(max=9223372036854775807):batch_id>/refuse")
def refuse(batch_id: int) -> ResponseReturnValue:
    """Send a batch back to its maker, for a reason: what it claimed is ready again."""
    reason = fields.reason()
    if fault := fields.fault_of_reason(reason):
        return _faulty(batch_id, "refuse", fault)
    payouts.refuse(session, program(), batch_id, checker=logs.actor(), at=now(), reason=reason)
    flash(_("Batch %(id)d is sent back. What it claimed is ready again.", id=batch_id), "leaf")
    return back_to("finance.batch", batch_id=batch_id)


@finance.post("/payouts/<int(max=9223372036854775807):batch_id>/send")
def send(batch_id: int) -> ResponseReturnValue:
    """Hand the payouts of an approved batch to their rails, each in transactions of its own."""
    code, at = program().code, now()
    payouts.find_batch(session, program(), batch_id)
    transactions.finish()
    ended = payout_run.send_batch(
        transactions.engine(), code, batch_id, payout_run.RAILS, actor=logs.actor(), now=at
    )
    for state, count in sorted(ended.states.items()):
        flash(_told(state, count), "brick" if state == "failed" else "leaf")
    return back_to("finance.batch", batch_id=batch_id)


@finance.post("/payouts/<int(max=9223372036854775807):batch_id>/settle")
def settle(batch_id: int) -> ResponseReturnValue:
    """Record that payouts have arrived: the chosen one, or all that were surely sent."""
    ids = _chosen(batch_id, payday.SETTLED_TOGETHER)
    if not ids:
        flash(_("No payout of this batch is on its way. Nothing was changed."))
        return back_to("finance.batch", batch_id=batch_id)
    _batch_in_hand, listed = payouts.find_batch(session, program(), batch_id)
    before = [one.id for one in listed if one.state == PayoutState.SETTLED]
    settling.settle(session, program(), ids, at=now(), actor=logs.actor())
    flash(_told_settled({*ids} - {*before}, before), "leaf")
    return back_to("finance.batch", batch_id=batch_id)


@finance.post("/payouts/<int(max=9223372036854775807):batch_id>/fail")
def fail(batch_id: int) -> ResponseReturnValue:
    """Record that payouts will never arrive, for a reason: what they claimed is ready again."""
    return _end(batch_id, "fail", settling.fail)


@finance.post("/payouts/<int(max=9223372036854775807):batch_id>/return")
def take_return(batch_id: int) -> ResponseReturnValue:
    """Record that money came back after it had arrived, for a reason: it is ready again."""
    return _end(batch_id, "return", settling.take_return)


def _end(batch_id: int, what: str, verb: Callable[..., object]) -> ResponseReturnValue:
    reason = fields.reason()
    if fault := fields.fault_of_reason(reason):
        return _faulty(batch_id, what, fault)
    ids = _chosen(batch_id, ())
    verb(session, program(), ids, at=now(), actor=logs.actor(), reason=reason)
    flash(_("Written down. What it claimed is ready again, for another batch."), "leaf")
    return back_to("finance.batch", batch_id=batch_id)


def _chosen(batch_id: int, otherwise: frozenset[str] | tuple[()]) -> list[int]:
    """Return the payouts that a form names, all of this batch; those in a state if it names none.

    What is no id names a payout, too: one that isn't there.
    """
    shown = payday.batch_page(session, program(), batch_id)
    if otherwise and "payout" not in request.form:
        return shown.ids(otherwise)
    ids = fields.only_ids("payout")
    if not ids or {*ids} - {row.payout.id for row in shown.rows}:
        raise Missing(_("There is no such payout in this batch."))
    return list(ids)


def _faulty(batch_id: int, what: str, fault: str) -> ResponseReturnValue:
    undo()
    return _batch(batch_id, fault=fault, faulty=what, typed=request.form), 422


def _payouts(*, fault: str = "", chosen: Sequence[str] | None = None) -> str:
    """Show the page, with the chosen partners ticked; everyone who can be paid, without."""
    state = request.args.get("state", _EVERY)
    if state not in payday.STATES:
        state = _EVERY
    payable = payday.payable(session, program())
    return page(
        "finance/payouts.html",
        section="finance.payouts",
        answers=answers.read(session, program(), actor=logs.actor(), now=now()),
        payable=payable,
        can_be_paid=[one for one in payable if one.why_not is None],
        reasons=Counter(one.why_not for one in payable if one.why_not).most_common(),
        digits=exponent(program().currency),
        batches=payday.batches(session, program(), payday.STATES[state]),
        state=state,
        chosen=chosen,
        masked=payday.masked,
        fault=fault,
        words=words,
    )


def _batch(
    batch_id: int,
    *,
    fault: str = "",
    faulty: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    shown = payday.batch_page(session, program(), batch_id)
    asked = fields.one_id("open") or fields.one_id("payout")
    opened = next((row for row in shown.rows if row.payout.id == asked), None)
    if opened is None and shown.rows:
        opened = shown.rows[0]
    return page(
        "finance/batch.html",
        section="finance.payouts",
        answers=answers.read(session, program(), actor=logs.actor(), now=now()),
        shown=shown,
        is_maker=shown.batch.maker.strip().casefold() == logs.actor().casefold(),
        may_approve=access.may("finance.approve"),
        may_handle=access.may("finance.send"),
        to_pay=payments.of_batch(shown) if access.may("finance.payments") else [],
        opened=opened,
        items=payday.items(session, opened.payout.id) if opened else [],
        to_send=shown.ids(("approved", "sending", "unknown")),
        to_settle=shown.ids(payday.SETTLED_TOGETHER),
        can=payday,
        masked=payday.masked,
        fault=fault,
        faulty=faulty,
        typed=typed or {},
        words=words,
    )


def _tell_skipped(built: Built) -> None:
    for one in built.skipped:
        why = words.say(words.WHY_NOT, one.reason)
        flash(_("%(partner)s was left out: %(why)s.", partner=one.partner_code, why=why))


def _told_settled(now_paid: Collection[int], before: Collection[int]) -> str:
    """Tell what was settled, and what had arrived before somebody asked: the rail may be faster."""
    told = [_told("settled", len(now_paid))] if now_paid else [str(_("Nothing was changed."))]
    if before:
        told.append(str(ngettext("%(num)d payout of this batch had been paid already.",
                                 "%(num)d payouts of this batch had been paid already.",
                                 len(before))))  # fmt: skip
    return " ".join(told)


def _told(state: str, count: int) -> str:
    match state:
        case "sent":
            told = ngettext("%(num)d payout was sent. Settle it when the money has arrived.",
                            "%(num)d payouts were sent. Settle them when the money has arrived.",
                            count)  # fmt: skip
        case "settled":
            told = ngettext("%(num)d payout is paid.", "%(num)d payouts are paid.", count)
        case "failed":
            told = ngettext("%(num)d payout failed; what it claimed is ready again.",
                            "%(num)d payouts failed; what they claimed is ready again.",
                            count)  # fmt: skip
        case _:
            told = ngettext("Of %(num)d payout the rail can't tell yet. Ask again later.",
                            "Of %(num)d payouts the rail can't tell yet. Ask again later.",
                            count)  # fmt: skip
    return str(told)
