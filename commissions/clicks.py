"""Recording touches: visits through links, shop pages, coupons and scans.

Decides nothing about who earns; ``attribution`` does, from the touches that a sale carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.errors import Invalid, PartnerUnknown
from commissions.models import Partner, Program, TouchRecord
from commissions.periods import aware
from commissions.values import Touch

KINDS = ("click", "shop_page", "coupon", "scan")


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that can earn a sale; ``visitor`` is the shop's own opaque id for the shopper."""

    partner_id: int
    occurred_at: datetime
    kind: str = "click"
    link_id: int | None = None
    visitor: str | None = None


def record(session: Session, program: Program, visits: Sequence[Visit]) -> list[Touch]:
    """Store visits and return them as touches with their ids, in the order given.

    Raises Invalid for an unknown kind, PartnerUnknown for a partner of another program.
    """
    _check(session, program, visits)
    ids = sets.next_ids(session, TouchRecord, len(visits))
    rows = [
        {
            "id": touch_id,
            "program_id": program.id,
            "partner_id": visit.partner_id,
            "link_id": visit.link_id,
            "kind": visit.kind,
            "visitor": visit.visitor,
            "occurred_at": visit.occurred_at,
        }
        for touch_id, visit in zip(ids, visits, strict=True)
    ]
    sets.insert_rows(session, TouchRecord, rows)
    return [
        Touch(visit.partner_id, visit.kind, visit.occurred_at, touch_id)
        for touch_id, visit in zip(ids, visits, strict=True)
    ]


def of_visitor(session: Session, program: Program, visitor: str, *, since: datetime) -> list[Touch]:
    """Return a visitor's touches since an instant, oldest first."""
    rows = session.scalars(
        select(TouchRecord)
        .where(
            TouchRecord.program_id == program.id,
            TouchRecord.visitor == visitor,
            TouchRecord.occurred_at >= aware(since),
        )
        .order_by(TouchRecord.occurred_at, TouchRecord.id)
    )
    return [Touch(row.partner_id, row.kind, row.occurred_at, row.id) for row in rows]


def _check(session: Session, program: Program, visits: Sequence[Visit]) -> None:
    for visit in visits:
        aware(visit.occurred_at)
        if visit.kind not in KINDS:
            message = f"{visit.kind!r} is no kind of touch: choose {', '.join(KINDS)}."
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
