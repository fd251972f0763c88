"""The earnings page's parts: the money line as a drawing, the filters, a page of the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from commissions import earnings
from commissions.earnings import Earning, Totals
from commissions.errors import TimeInvalid
from commissions.models import Program
from commissions.periods import Month, month_of, parse_month, zone_of
from storefront import sums
from storefront.sums import Receipt
from storefront.transactions import session

PAGE = 20
_MONTHS_BACK = 12
_WHOLE = 1000
_LEAST = 25
_GAP = 6

STATES: Mapping[str, tuple[str | LazyString, tuple[str, ...]]] = {
    "estimated": (_l("Estimated"), ("estimated",)),
    "on-hold": (_l("On hold"), ("on_hold",)),
    "held": (_l("Held for review"), ("held", "held_ready")),
    "ready": (_l("Ready"), ("ready",)),
    "in-payout": (_l("In payout"), ("in_payout",)),
    "paid": (_l("Paid"), ("paid",)),
    "rejected": (_l("Rejected"), ("rejected",)),
    "reversed": (_l("Reversed"), ("reversed",)),
}
"""The filter's words in the address, what people read, and the states that they stand for."""


class Stretch(NamedTuple):
    """One part of the money line: its state, its words, its amount, its place in per mille."""

    state: str
    label: str | LazyString
    minor: int
    start: str
    width: str


class Filters(NamedTuple):
    """What the list is narrowed to: a word of STATES, and a month that it begins with."""

    state: str | None
    since: Month | None
    before: int | None


class Row(NamedTuple):
    """One row of the list, with the receipt that it opens to."""

    earning: Earning
    receipt: Receipt
    day: date


def stretches(totals: Totals) -> list[Stretch]:
    """Return the money line's parts; one below nothing has no width, nothing held no row."""
    words = ("estimated", "on-hold", "held", "ready", "in-payout", "paid")
    widths = _widths([max(0, minor) for minor in totals])
    found, start = [], 0
    for word, minor, width in zip(words, totals, widths, strict=True):
        if minor or word != "held":
            label, (state, *_same) = STATES[word]
            found.append(Stretch(state, label, minor, _percent(start), _percent(width)))
        start += width + _GAP if width else 0
    return found


def filters(args: Mapping[str, str]) -> Filters:
    """Read the filters from an address; words that mean nothing narrow nothing."""
    state = args.get("state")
    before = args.get("before", "")
    return Filters(
        state if state in STATES else None,
        _month(args.get("since", "")),
        int(before) if _is_id(before) else None,
    )


def months(program: Program, now: datetime) -> list[Month]:
    """Return the months that the list can begin with, this one first."""
    month = month_of(now, zone_of(program.time_zone))
    return [_earlier(month, by) for by in range(_MONTHS_BACK)]


def rows(
    program: Program, partner_id: int, wanted: Filters, *, limit: int = PAGE
) -> tuple[list[Row], int | None]:
    """Return a page of the list, and the id before which the next page goes on."""
    zone = zone_of(program.time_zone)
    found = earnings.listed(
        session,
        program,
        partner_id,
        states=STATES[wanted.state][1] if wanted.state else None,
        since=wanted.since.starts_at(zone) if wanted.since else None,
        before_id=wanted.before,
        limit=limit + 1,
    )
    more = found[limit - 1].id if len(found) > limit else None
    shown = found[:limit]
    receipts = sums.receipts(session, program, [one.id for one in shown], reader_id=partner_id)
    return [
        Row(one, receipts[one.id], one.effective_at.astimezone(zone).date()) for one in shown
    ], more


def _widths(amounts: Sequence[int]) -> list[int]:
    """Return per mille of the line for each amount: in proportion, but none too thin to see."""
    whole = sum(amounts)
    present = [amount for amount in amounts if amount]
    if not whole:
        return [0] * len(amounts)
    room = _WHOLE - _GAP * (len(present) - 1) - _LEAST * len(present)
    return [_LEAST + amount * room // whole if amount else 0 for amount in amounts]


def _percent(per_mille: int) -> str:
    return f"{per_mille // 10}.{per_mille % 10}%"


def _month(text: str) -> Month | None:
    try:
        return parse_month(text)
    except TimeInvalid:
        return None


def _earlier(month: Month, by: int) -> Month:
    index = month.year * 12 + month.number - 1 - by
    return Month(index // 12, index % 12 + 1)


def _is_id(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 16  # noqa: PLR2004  # reason: more is no id
