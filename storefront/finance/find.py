"""Finding what finance looks for by what people call it: an order, a payout, a partner.

Decides what a text may mean, and that the program in hand comes first: only what it doesn't have
is looked for in the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from commissions.models import Partner, Payout, Program, SaleRecord
from storefront.folding import fold
from storefront.shop.models import Shop

LONGEST = 120
MOST_SHOWN = 20
_PAYOUT = re.compile(r"(?:po-?)?(\d{1,18})", re.ASCII | re.IGNORECASE)


class Hit(NamedTuple):
    """One thing that was found; ``kind`` is order, payout or partner."""

    kind: str
    program: Program
    key: str
    name: str = ""
    batch_id: int = 0


def find(session: Session, programs: Sequence[Program], text: str) -> list[Hit]:
    """Return what a text means in the first program that knows it, exact names first."""
    wanted = text.strip()
    if not wanted or len(wanted) > LONGEST or not wanted.isprintable():
        return []
    for program in programs:
        found = [
            *_orders(session, program, wanted),
            *_payouts(session, program, wanted),
            *_partners(session, program, wanted),
        ]
        if found:
            return found
    return []


def _orders(session: Session, program: Program, wanted: str) -> Iterator[Hit]:
    """Find sales by their reference; of the shop's own orders the figures are enough."""
    prefixes = session.scalars(select(Shop.order_prefix).where(Shop.program_id == program.id))
    meant = {wanted, wanted.upper(), *(f"{prefix}-{wanted}" for prefix in prefixes)}
    found = session.scalars(
        select(SaleRecord.reference)
        .where(SaleRecord.program_id == program.id, SaleRecord.reference.in_(meant))
        .order_by(SaleRecord.id)
    )
    return (Hit("order", program, reference) for reference in found)


def _payouts(session: Session, program: Program, wanted: str) -> Iterator[Hit]:
    number = _PAYOUT.fullmatch(wanted)
    numbers = [int(number[1])] if number else []
    found = session.execute(
        select(Payout.id, Payout.batch_id, Partner.name)
        .join(Partner, Partner.id == Payout.partner_id)
        .where(
            Payout.program_id == program.id,
            or_(Payout.key == wanted, Payout.id.in_(numbers)),
        )
    )
    return (Hit("payout", program, str(row[0]), row[2], row[1]) for row in found)


def _partners(session: Session, program: Program, wanted: str) -> Iterator[Hit]:
    """Find partners by code or handle; only where nobody has it, by a part of their names."""
    called = wanted.removeprefix("@").lower()
    of_program = select(Partner.code, Partner.name).where(Partner.program_id == program.id)
    exact = session.execute(
        of_program.where(
            or_(func.lower(Partner.code) == called, func.lower(Partner.handle) == called)
        ).order_by(Partner.code)
    ).all()
    folded = fold(wanted)
    found = exact or [
        row
        for row in session.execute(of_program.order_by(Partner.name, Partner.code))
        if folded and folded in fold(row.name)
    ]
    return (Hit("partner", program, row.code, row.name) for row in found[: MOST_SHOWN + 1])
