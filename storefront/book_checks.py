"""When the books were verified and what came of it, kept for whoever wants to see the last time.

Decides when a program's books are due again: on each of its local days. The proof itself is
``ledger.verify``; ``verification`` runs it and keeps its result here.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from commissions.ledger import Report
from commissions.models import Base, Program
from commissions.models.base import ID, At, Id
from commissions.periods import zone_of


class BookCheck(Base):
    """One verification: what it looked at, what it found, how long it took.

    Without a program it was of all of them. ``faults`` lists each finding's check and detail.
    """

    __tablename__ = "book_checks"

    id: Mapped[Id]
    program_id: Mapped[int | None] = mapped_column(ID, ForeignKey("programs.id"))
    checked_at: Mapped[At]
    ok: Mapped[bool] = mapped_column(Boolean)
    transfers: Mapped[int] = mapped_column(BigInteger)
    accounts: Mapped[int] = mapped_column(BigInteger)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    seconds: Mapped[float] = mapped_column(Float)


def keep(
    session: Session, report: Report, *, program_id: int | None, at: datetime, seconds: float
) -> BookCheck:
    """Write down what a verification found; ``program_id`` is None when it was of all programs."""
    kept = BookCheck(
        program_id=program_id,
        checked_at=at,
        ok=report.balanced,
        transfers=report.transfers,
        accounts=report.accounts,
        faults=[asdict(finding) for finding in report.findings],
        seconds=seconds,
    )
    session.add(kept)
    session.flush()
    return kept


def last(session: Session, program: Program) -> BookCheck | None:
    """Return the last verification that a program's books were part of."""
    return session.scalar(
        select(BookCheck)
        .where(or_(BookCheck.program_id == program.id, BookCheck.program_id.is_(None)))
        .order_by(BookCheck.id.desc())
        .limit(1)
    )


def is_due(session: Session, program: Program, *, now: datetime) -> bool:
    """Tell whether a program's books weren't verified yet on its local day."""
    checked = last(session, program)
    zone = zone_of(program.time_zone)
    return (
        checked is None or checked.checked_at.astimezone(zone).date() < now.astimezone(zone).date()
    )
