"""Which touch earns a sale, and why: the last touch inside the window.

Decides from the touches it is given; never queries. The buyer's own touch earns nothing
(``risk.self_purchase``), and no earlier partner takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from commissions.periods import aware
from commissions.values import Touch

LAST_TOUCH = "last_touch"

WON = "won"
NO_TOUCH = "no touch"
OUTSIDE_WINDOW = "outside the window"
SELF_PURCHASE = "self-purchase"
UNCOUNTED = "not counted"
EARLIER = "an earlier touch"
AFTER_THE_SALE = "after the sale"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One touch, and what became of it."""

    touch: Touch
    verdict: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who earns a sale (None: nobody), by which rule, why, and every touch seen."""

    partner_id: int | None
    reason: str
    verdicts: tuple[Verdict, ...]
    rule: str = LAST_TOUCH


def attribute(
    touches: Sequence[Touch],
    *,
    paid_at: datetime,
    window_days: int,
    self_purchases: frozenset[int] = frozenset(),
) -> Attribution:
    """Return the decision for a sale: the last touch at or before it, not older than the window.

    ``paid_at`` is when the shopper bought: when they ordered, where that is known.

    ``self_purchases`` are the ids of partners who are the buyer. Of two touches at the same
    time the one given last wins; one that doesn't count never does.
    """
    paid_at = aware(paid_at)  # a day of the window is 86,400 s, whatever the clocks do
    opened = paid_at - timedelta(days=window_days)
    winner = _last(touches, opened, paid_at)
    verdicts = tuple(
        Verdict(touch, _verdict(touch, winner, opened, paid_at, self_purchases))
        for touch in touches
    )
    if winner is None:
        is_any = any(not touch.uncounted for touch in touches)
        return Attribution(None, OUTSIDE_WINDOW if is_any else NO_TOUCH, verdicts)
    if winner.partner_id in self_purchases:
        return Attribution(None, SELF_PURCHASE, verdicts)
    return Attribution(winner.partner_id, WON, verdicts)


def _last(touches: Sequence[Touch], opened: datetime, paid_at: datetime) -> Touch | None:
    inside = [
        touch
        for touch in touches
        if opened <= aware(touch.occurred_at) <= paid_at and not touch.uncounted
    ]
    return max(reversed(inside), key=lambda touch: aware(touch.occurred_at), default=None)


def _verdict(
    touch: Touch,
    winner: Touch | None,
    opened: datetime,
    paid_at: datetime,
    self_purchases: frozenset[int],
) -> str:
    if touch.uncounted:
        return UNCOUNTED
    if aware(touch.occurred_at) > paid_at:
        return AFTER_THE_SALE
    if aware(touch.occurred_at) < opened:
        return OUTSIDE_WINDOW
    if touch is not winner:
        return EARLIER
    return SELF_PURCHASE if touch.partner_id in self_purchases else WON
