"""An order from click to paid as one page tells it: what happened, what was decided, what moved.

Reads the engine's trail and the shop's own events, and puts them in the order of time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.ledger.chart import PARTNER_ROLES
from commissions.models import Partner, Payout, Program
from commissions.states import CommissionState, SaleState
from commissions.trail import Trail, TrailCommission, TrailMove, TrailTransfer
from storefront import sums
from storefront.finance import words
from storefront.finance.actors import person
from storefront.orders.models import Order
from storefront.shop.models import Shop

_STATE_AFTER: Mapping[str, str] = {
    "accrual": "on_hold",
    "override": "on_hold",
    "bonus": "on_hold",
    "release": "ready",
    "payout_reserve": "in_payout",
    "payout_settle": "paid",
    "payout_fail": "ready",
    "payout_return": "ready",
    "clawback": "reversed",
    "reject": "rejected",
}


class Event(NamedTuple):
    """One thing that happened: when, what, and what is to be said of it; ``tone`` of its dot."""

    at: datetime
    title: str
    detail: str
    tone: str = ""


class Seen(NamedTuple):
    """One touch, whose it was, and why it won or not."""

    at: datetime
    partner_name: str
    kind: str
    won: bool
    why: str


class Moved(NamedTuple):
    """One transfer and the state that it led to."""

    transfer: TrailTransfer
    state_after: str


class Left(NamedTuple):
    """What an order left behind: expense = cash + what partners are still owed, minor units."""

    expense_minor: int
    cash_minor: int
    partners_minor: int

    @property
    def balanced(self) -> bool:
        """Whether the two sides agree."""
        return self.expense_minor == self.cash_minor + self.partners_minor


@dataclass(frozen=True, slots=True)
class TrailPage:
    """All that the page of one order shows."""

    trail: Trail
    order: Order | None
    names: Mapping[str, str]
    events: tuple[Event, ...]
    seen: tuple[Seen, ...]
    moved: tuple[Moved, ...]
    left: Left
    goods: tuple[sums.Figure, ...]

    @property
    def earned(self) -> list[TrailCommission]:
        """What was earned, without what was taken back."""
        return [one for one in self.trail.commissions if one.kind != "clawback"]

    @property
    def taken(self) -> list[TrailCommission]:
        """What was taken back."""
        return [one for one in self.trail.commissions if one.kind == "clawback"]

    @property
    def standing(self) -> TrailCommission | None:
        """The commission whose state stands for the order's: the first that isn't undone."""
        undone = {CommissionState.REVERSED, CommissionState.REJECTED}
        return next((one for one in self.earned if one.state not in undone), None) or next(
            iter(self.earned), None
        )

    @property
    def is_estimated(self) -> bool:
        """Whether the order earns somebody, and nothing of it is booked yet."""
        return self.trail.quote is not None and self.trail.state == SaleState.PAID

    @property
    def is_cancelled(self) -> bool:
        """Whether the order was cancelled before anything was booked."""
        return self.trail.state == SaleState.CANCELLED

    @property
    def net_minor(self) -> int:
        """What the order earns in all."""
        rejected = {CommissionState.REJECTED}
        return sum(x.amount_minor for x in self.trail.commissions if x.state not in rejected)

    @property
    def paid_minor(self) -> int:
        """What of it has been paid."""
        paid = [one for one in self.trail.commissions if one.state == CommissionState.PAID]
        return sum(one.amount_minor for one in paid)


def read(session: Session, program: Program, trail: Trail) -> TrailPage:
    """Put an order's page together from its trail."""
    names = _names(session, program)
    by_code = {code: name for code, name in names.values()}
    order = session.scalar(
        select(Order)
        .join(Shop, Shop.id == Order.shop_id)
        .where(Order.number == trail.reference, Shop.program_id == program.id)
    )
    seen = _seen(trail, names)
    moved = tuple(Moved(one, _STATE_AFTER.get(one.code, "")) for one in trail.transfers)
    return TrailPage(
        trail=trail,
        order=order,
        names=by_code,
        events=tuple(_events(trail, order, seen, by_code, _payees(session, trail))),
        seen=seen,
        moved=moved,
        left=_left(moved),
        goods=_goods(session, program, trail),
    )


def _goods(session: Session, program: Program, trail: Trail) -> tuple[sums.Figure, ...]:
    """Return what was sold by its name, with what was paid for it, and what came back in time."""
    called = sums.names_of(session, program, [trail.reference])
    returned = {one.line_no: one for one in trail.returned}
    found = []
    for line in trail.lines:
        name = called.get((trail.reference, line.line_no), line.stock_code)
        found.append(sums.Figure(name, line.base_minor))
        if back := returned.get(line.line_no):
            found.append(sums.came_back_in_time(back.quantity, back.base_minor))
    return tuple(found)


def _names(session: Session, program: Program) -> dict[int, tuple[str, str]]:
    rows = session.execute(
        select(Partner.id, Partner.code, Partner.name).where(Partner.program_id == program.id)
    )
    return {partner_id: (code, name) for partner_id, code, name in rows}


def _seen(trail: Trail, names: Mapping[int, tuple[str, str]]) -> tuple[Seen, ...]:
    return tuple(
        Seen(
            at := datetime.fromisoformat(touch["occurred_at"]),
            names.get(touch["partner_id"], ("", ""))[1],
            words.say(words.TOUCH_KINDS, touch["kind"]),
            touch["verdict"] == "won",
            _why(touch["verdict"], (trail.paid_at - at).days),
        )
        for touch in sorted(trail.touches, key=lambda touch: str(touch["occurred_at"]))
    )


_WHY: Mapping[str, LazyString] = {
    "an earlier touch": _l("an earlier touch; the last one wins"),
    "self-purchase": _l("the buyer's own link earns nothing"),
    "after the sale": _l("after the order was paid"),
    "not counted": _l("a bot, a preview, or the same visit again"),
}


def _why(verdict: str, days: int) -> str:
    if verdict == "won" and not days:
        return str(_("the last one, less than a day before"))
    if verdict == "won":
        return str(
            ngettext("the last one, %(num)d day before", "the last one, %(num)d days before", days)
        )
    if verdict == "outside the window":
        return str(
            ngettext(
                "%(num)d day before: outside the window",
                "%(num)d days before: outside the window",
                days,
            )
        )
    return str(_WHY.get(verdict, verdict))


def _left(moved: Sequence[Moved]) -> Left:
    net: Counter[str] = Counter()
    for one in moved:
        net[_side(one.transfer.debit)] += one.transfer.share_minor
        net[_side(one.transfer.credit)] -= one.transfer.share_minor
    return Left(net["expense"], -net["cash"], -net["partners"])


def _side(account: str) -> str:
    role = account.partition(" ")[0]
    return "partners" if role in PARTNER_ROLES else role.partition(":")[0]


def _events(
    trail: Trail,
    order: Order | None,
    seen: Sequence[Seen],
    names: Mapping[str, str],
    payees: Mapping[int, str],
) -> list[Event]:
    found = [
        *_touched(trail, seen, names),
        *(_of_order(order) if order else _of_sale(trail)),
        *_of_moves(trail.moves, payees),
    ]
    return sorted(found, key=lambda event: event.at)


def _touched(trail: Trail, seen: Sequence[Seen], names: Mapping[str, str]) -> Iterator[Event]:
    for touch in seen:
        if touch.won:
            yield Event(touch.at, _("Touch that won"), f"{touch.partner_name}, {touch.kind}")
    if trail.partner_code is None:
        yield Event(trail.paid_at, _("Earns nobody"), _("No touch inside the window won it."))
    else:
        name = names.get(trail.partner_code, trail.partner_code)
        won = next((touch.why for touch in seen if touch.won), "")
        yield Event(trail.paid_at, _("Attributed to %(name)s", name=name), won, "now")


def _of_order(order: Order) -> Iterator[Event]:
    for event in order.events:
        yield Event(event.at, words.say(words.ORDER_EVENTS, event.kind), event.detail or "")


def _of_sale(trail: Trail) -> Iterator[Event]:
    yield Event(trail.paid_at, _("Order paid"), _("Commission estimated."))
    if trail.completed_at:
        yield Event(trail.completed_at, _("Completed"), _("The hold begins."))


def _of_moves(moves: Sequence[TrailMove], payees: Mapping[int, str]) -> Iterator[Event]:
    """Tell what moved; the same of several at the same time is told once, of payouts to whom."""
    alike: dict[tuple[str, str, datetime], list[TrailMove]] = {}
    for move in moves:
        alike.setdefault((move.subject, move.to_state, move.effective_at), []).append(move)
    for same in alike.values():
        move = same[0]
        names = dict.fromkeys(payees.get(one.subject_id, "") for one in same)
        title = _of_payout(move.to_state, ", ".join(names)) if move.subject == "payout" else ""
        title = title or _title(move)
        if title:
            who = person(move.actor, move.to_state if move.subject == "payout" else "")
            reason = sums.reason_in_words(move.reason)
            detail = " · ".join(part for part in (who, reason) if part)
            yield Event(move.effective_at, title, detail, _tone(move))


def _payees(session: Session, trail: Trail) -> dict[int, str]:
    """Return who is paid by each payout of the trail."""
    ids = {move.subject_id for move in trail.moves if move.subject == "payout"}
    rows = session.execute(
        select(Payout.id, Partner.name)
        .join(Partner, Partner.id == Payout.partner_id)
        .where(sets.among(session, Payout.id, ids))
    )
    return {payout_id: name for payout_id, name in rows}


def _of_payout(state: str, names: str) -> str:
    match state:
        case "sent":
            return str(_("Sent to %(names)s", names=names))
        case "settled":
            return str(_("Paid to %(names)s", names=names))
        case "failed":
            return str(_("Payout to %(names)s failed", names=names))
        case "returned":
            return str(_("Payout to %(names)s came back", names=names))
        case _:
            return ""


def _title(move: TrailMove) -> str:
    titles = {
        ("commission", "ready"): _("Hold over, ready to pay"),
        ("commission", "held"): _("Held for review"),
        ("commission", "held_ready"): _("Held for review"),
        ("commission", "on_hold"): _("Stop released"),
        ("commission", "rejected"): _("Rejected"),
        ("commission", "reversed"): _("Reversed"),
        ("commission", "in_payout"): _("In payout"),
        ("batch", "approved"): _("Approved"),
        ("batch", "refused"): _("Batch sent back"),
    }
    if move.subject == "commission" and move.to_state == "ready":
        if move.from_state in {"in_payout", "paid"}:
            return ""  # the payout's own move says it
        if move.from_state == "held_ready":
            return str(_("Stop released"))
    return str(titles.get((move.subject, move.to_state), ""))


def _tone(move: TrailMove) -> str:
    if move.to_state in {"settled", "paid"}:
        return "done"
    return "bad" if move.to_state in {"failed", "returned", "rejected", "reversed"} else ""
