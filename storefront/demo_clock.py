"""The demo's clock for those who try the shop: set it forward, and read what that set off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from commissions import programs
from commissions.models import Commission, Program
from commissions.periods import zone_of
from commissions.states import CommissionState
from storefront import clock, i18n, jobs, payout_run, quick_links, transactions
from storefront.errors import Missing, Refusal
from storefront.jobs import Done
from storefront.shop import current
from storefront.transactions import session

demo = Blueprint("demo", __name__, url_prefix="/demo")

STEPS = (1, 7, 15, 30)
_MOST_DAYS = 10
_MOST_INSTANTS = 200


@demo.get("")
def staff() -> ResponseReturnValue:
    """Show what time the demo goes by, and what waits for time to pass."""
    _only_in_demos()
    return _page()


@demo.post("/advance")
def advance() -> ResponseReturnValue:
    """Set the clock forward by some days, do what is due then, and tell what that was."""
    _only_in_demos()
    days = next((one for one in STEPS if str(one) == request.form.get("days")), None)
    if days is None:
        raise Refusal(_("The clock goes forward by 1, 7, 15 or 30 days."))
    at = clock.advance(session, timedelta(days=days))
    zone = current.program().time_zone
    names = {one.code: one.name for one in programs.everyone(session)}
    transactions.finish()
    quick_links.forget(current_app)
    done = jobs.run_once(transactions.engine(), payout_run.RAILS, now=at)
    _tell(done, names, at, zone)
    return redirect(url_for("demo.staff"), 303)


def _only_in_demos() -> None:
    if not clock.is_demo(session):
        raise Missing(_("This shop goes by the real time."))


def _page() -> str:
    program = current.program()
    return render_template(
        "demo/staff.html",
        section="demo.staff",
        now=clock.now(session),
        zone=program.time_zone,
        currency=program.currency,
        steps=STEPS,
        coming=_coming(program),
        is_ahead=clock.now(session) - clock.wall() > timedelta(minutes=1),
    )


def _coming(program: Program) -> list[tuple[date, int, int]]:
    """Return the next days on which holds are over: how many commissions, and their sum."""
    rows = session.execute(
        select(Commission.due_at, func.count(), func.sum(Commission.amount_minor))
        .where(Commission.program_id == program.id, Commission.state == CommissionState.ON_HOLD)
        .group_by(Commission.due_at)
        .order_by(Commission.due_at)
        .limit(_MOST_INSTANTS)
    )
    zone = zone_of(program.time_zone)
    days: dict[date, tuple[int, int]] = {}
    for due_at, count, amount in rows:
        if due_at:
            day = due_at.astimezone(zone).date()
            counted, summed = days.get(day, (0, 0))
            days[day] = (counted + count, summed + int(amount))
    return [(day, *sums) for day, sums in days.items()][:_MOST_DAYS]


def _tell(done: Iterable[Done], names: Mapping[str, str], at: datetime, zone: str) -> None:
    flash(_("It is %(day)s now.", day=i18n.day_full(at, zone)), "sky")
    quiet = True
    for one in done:
        for text in _sentences(one):
            quiet = False
            flash(f"{names[one.program]}: {text}", "brick" if one.refusal else "leaf")
    if quiet:
        flash(_("Nothing was due."), "sky")


def _sentences(one: Done) -> list[str]:
    told = []
    if one.released:
        told.append(ngettext("%(num)d commission is ready now.",
                             "%(num)d commissions are ready now.", one.released))  # fmt: skip
    if one.payouts_moved:
        told.append(ngettext("%(num)d payout moved on.",
                             "%(num)d payouts moved on.", one.payouts_moved))  # fmt: skip
    if one.months_closed:
        told.append(_("Closed: %(months)s.", months=", ".join(one.months_closed)))
    if one.refusal:
        told.append(one.refusal)
    return [str(text) for text in told]
