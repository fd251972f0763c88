"""Recording touches: visits through links, shop pages, coupons and scans.

Decides nothing about who earns; ``attribution`` does, from the touches that a sale carries. A
visit is kept whether or not it counts, with the reason why it doesn't; ``repeats`` finds those that
only repeat another.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.errors import Invalid, PartnerUnknown
from commissions.models import Partner, Program, TouchRecord
from commissions.periods import aware
from commissions.repeats import SAME_VISIT, Seen, repeats
from commissions.values import Touch

KINDS = ("click", "shop_page", "coupon", "scan")
BOT, PREVIEW, DUPLICATE = UNCOUNTED = ("bot", "preview", "duplicate")
"""Why a visit counts for nothing: a program made it, nobody saw it, it repeats another."""

_TURN = 0x436C69636B73  # "Clicks", as the advisory lock's key is a number


def new_key(at: datetime) -> str:
    """Return a key that no other visit has: its time and 80 random bits.

    Keys ascend with time, so that an index of them grows at its end: keys by chance alone would
    touch a page of it for each click.
    """
    return f"{int(at.timestamp() * 1000):012x}{secrets.token_hex(10)}"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that can earn a sale; ``visitor`` is the shop's own opaque id for the shopper.

    Storing the same ``key`` again changes nothing; one is made unless it is given. ``uncounted``
    is why the visit counts for nothing, as far as whoever saw it can tell.
    """

    partner_id: int
    occurred_at: datetime
    kind: str = "click"
    link_id: int | None = None
    visitor: str | None = None
    key: str = ""
    uncounted: str | None = None

    def __post_init__(self) -> None:
        """Make the key."""
        if not self.key:
            object.__setattr__(self, "key", new_key(self.occurred_at))

    @property
    def seen(self) -> Seen:
        """When it was, and what was touched."""
        return Seen(self.occurred_at, (self.partner_id, self.kind, self.link_id))


def record(session: Session, program: Program, visits: Sequence[Visit]) -> list[Touch]:
    """Store visits and return them as touches with their ids, in the order given.

    Those whose keys are stored already stay as they are. Raises Invalid for an unknown kind or
    reason, PartnerUnknown for a partner of another program.
    """
    _check(session, program, visits)
    _wait_for_turn(session)
    stored = _stored(session, visits)
    new = [*{one.key: one for one in visits if one.key not in stored}.values()]
    repeated = _repeated(session, program, new)
    ids = sets.next_ids(session, TouchRecord, len(new))
    for touch_id, one in zip(ids, new, strict=True):
        stored[one.key] = (touch_id, DUPLICATE if one.key in repeated else one.uncounted)
    sets.insert_rows(session, TouchRecord, [_row(program, one, *stored[one.key]) for one in new])
    return [
        Touch(one.partner_id, one.kind, one.occurred_at, touch_id, one.key, uncounted)
        for one in visits
        for touch_id, uncounted in (stored[one.key],)
    ]


def of_visitor(session: Session, program: Program, visitor: str, *, since: datetime) -> list[Touch]:
    """Return a visitor's touches that count, since an instant, oldest first."""
    rows = session.scalars(
        select(TouchRecord)
        .where(
            TouchRecord.program_id == program.id,
            TouchRecord.visitor == visitor,
            TouchRecord.uncounted.is_(None),
            TouchRecord.occurred_at >= aware(since),
        )
        .order_by(TouchRecord.occurred_at, TouchRecord.id)
    )
    return [Touch(row.partner_id, row.kind, row.occurred_at, row.id, row.key) for row in rows]


def _check(session: Session, program: Program, visits: Sequence[Visit]) -> None:
    for visit in visits:
        aware(visit.occurred_at)
        if visit.kind not in KINDS:
            message = f"{visit.kind!r} is no kind of touch: choose {', '.join(KINDS)}."
            raise Invalid(message)
        if visit.uncounted is not None and visit.uncounted not in UNCOUNTED:
            message = f"{visit.uncounted!r} is no reason: choose {', '.join(UNCOUNTED)}."
            raise Invalid(message)
    wanted = {visit.partner_id for visit in visits}
    known = session.scalars(
        select(Partner.id).where(
            Partner.program_id == program.id, sets.among(session, Partner.id, wanted)
        )
    )
    missing = wanted - {*known}
    if missing:
        message = f"Partner {min(missing)} is none of program {program.code}."
        raise PartnerUnknown(message)


def _wait_for_turn(session: Session) -> None:
    """Let one writer of touches at a time find out what is stored already; SQLite has one anyway.

    By one lock for all programs: keys are unique among all of them.
    """
    if sets.is_postgresql(session):
        session.execute(select(func.pg_advisory_xact_lock(_TURN)))


def _stored(session: Session, visits: Sequence[Visit]) -> dict[str, tuple[int, str | None]]:
    """Return id and reason of those visits that are stored already, by key."""
    keys = [visit.key for visit in visits]
    rows = session.execute(
        select(TouchRecord.key, TouchRecord.id, TouchRecord.uncounted).where(
            sets.among(session, TouchRecord.key, keys)
        )
    )
    return {key: (touch_id, uncounted) for key, touch_id, uncounted in rows}


def _repeated(session: Session, program: Program, new: Sequence[Visit]) -> set[str]:
    """Return the keys of those new visits that only repeat another of the same visitor."""
    by_visitor: dict[str, list[Visit]] = defaultdict(list)
    for one in sorted(new, key=lambda visit: visit.occurred_at):
        if one.visitor and not one.uncounted:
            by_visitor[one.visitor].append(one)
    counted = _counted(session, program, by_visitor)
    # Most are new here and come once: they repeat nothing.
    again = {who: seen for who, seen in by_visitor.items() if len(seen) > 1 or who in counted}
    return {
        one.key
        for visitor, theirs in again.items()
        for one, is_repeat in zip(
            theirs, repeats(counted.get(visitor, ()), (each.seen for each in theirs)), strict=True
        )
        if is_repeat
    }


def _counted(
    session: Session, program: Program, new: Mapping[str, Sequence[Visit]]
) -> Mapping[str, Iterable[Seen]]:
    """Return what counts already of some visitors, around the time of their new visits."""
    found: dict[str, list[Seen]] = defaultdict(list)
    if not new:
        return found
    rows = session.execute(
        select(
            TouchRecord.visitor,
            TouchRecord.occurred_at,
            TouchRecord.partner_id,
            TouchRecord.kind,
            TouchRecord.link_id,
        ).where(
            TouchRecord.program_id == program.id,
            sets.among(session, TouchRecord.visitor, new),
            TouchRecord.uncounted.is_(None),
            TouchRecord.occurred_at > min(one[0].occurred_at for one in new.values()) - SAME_VISIT,
            TouchRecord.occurred_at < max(one[-1].occurred_at for one in new.values()) + SAME_VISIT,
        )
    )
    for visitor, at, *what in rows:
        found[visitor].append(Seen(at, tuple(what)))
    return found


def _row(program: Program, visit: Visit, touch_id: int, uncounted: str | None) -> sets.Row:
    return {
        "id": touch_id,
        "key": visit.key,
        "program_id": program.id,
        "partner_id": visit.partner_id,
        "link_id": visit.link_id,
        "kind": visit.kind,
        "visitor": visit.visitor,
        "uncounted": uncounted,
        "occurred_at": visit.occurred_at,
    }
