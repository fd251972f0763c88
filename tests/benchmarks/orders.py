"""Paid orders that wait to be completed, and completing them: in one call, or a thousand a commit.

An order has two lines under one rule and one seller; one seller in ten has a sponsor. Run as a
program, ``python -m tests.benchmarks.orders URL``, it completes all of them in steps, and may be
killed.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from commissions import accrual, conversions, programs
from commissions.models import Program, SaleRecord
from commissions.values import Completion, Sale
from storefront import database
from tests.benchmarks import books
from tests.factories import HOUR, TERMS, make_line, make_sale, make_touch

STEP = 1_000
_AT_ONCE = 1_000
_DAYS = timedelta(days=5)
_WRITTEN = ("state_changes", "commissions", "transfers", "entries")


def record(url: str, count: int) -> None:
    """Record paid orders, after those that are there."""
    with books.opened(url) as engine:
        with database.snapshot(engine) as session:
            program = programs.find(session, TERMS.code)
            sellers = books.partner_ids(session, program)
            first = session.scalar(select(func.count()).select_from(SaleRecord)) or 0
        draw = random.Random(first)
        for start in range(first, first + count, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, first + count))
            sales = [_sale(number, draw.choice(sellers)) for number in numbers]
            with database.transaction(engine) as session:
                conversions.record(session, programs.find(session, TERMS.code), sales)


def _sale(number: int, seller: int) -> Sale:
    paid_at = books.BEGINNING + timedelta(seconds=number)
    return make_sale(
        f"{500_000 + number}",
        paid_at=paid_at,
        lines=(
            make_line(1, 10_00 + number % 90, stock_code=f"2{number % 900:03}"),
            make_line(2, 2_50, stock_code=f"7{number % 70:02}"),
        ),
        touches=(make_touch(seller, paid_at - HOUR),),
    )


def completions(session: Session, program: Program) -> list[Completion]:
    """Return the completions of all orders that are paid and no more, in order."""
    rows = session.execute(
        select(SaleRecord.reference, SaleRecord.paid_at)
        .where(SaleRecord.program_id == program.id, SaleRecord.state == "paid")
        .order_by(SaleRecord.id)
    )
    return [Completion(reference, paid_at + _DAYS) for reference, paid_at in rows]


def waiting(url: str) -> list[Completion]:
    """Return the completions that wait in a database."""
    with books.opened(url) as engine, database.snapshot(engine) as session:
        return completions(session, programs.find(session, TERMS.code))


def complete(url: str, ready: Sequence[Completion], *, step: int) -> None:
    """Complete orders, ``step`` of them in a transaction; what was done before changes nothing."""
    with books.opened(url) as engine:
        program = books.found_program(engine)
        for start in range(0, len(ready), step):
            with database.transaction(engine) as session:
                accrual.accrue(session, program, ready[start : start + step], actor="bench")


def rows_written(url: str) -> int:
    """Return how many rows completing wrote: the sales' own, and those of four tables."""
    with books.opened(url) as engine, database.snapshot(engine) as session:
        done = select(func.count()).where(SaleRecord.state == "completed")
        written = session.scalar(done) or 0
        for table in _WRITTEN:
            counted = text(f"select count(*) from {table}")  # noqa: S608 -- our own tables' names
            written += session.scalar(counted) or 0
    return written


if __name__ == "__main__":
    complete(sys.argv[1], waiting(sys.argv[1]), step=STEP)
