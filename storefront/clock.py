"""The clock: the only place that asks what time it is.

In a demo it may be set forward, by an offset in a row that web, commands and jobs share. It never
goes back, and sign-ins and tokens don't go by it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Engine
from sqlalchemy.orm import Mapped, Session, mapped_column

from commissions.models import Base
from commissions.models.base import Id

_ROW = 1
_FURTHEST = timedelta(days=3650)


class DemoClock(Base):
    """How many seconds a demo's clock is ahead; the row exists in demos alone."""

    __tablename__ = "demo_clock"
    __table_args__ = (
        CheckConstraint(f"id = {_ROW}", name="one_row"),
        CheckConstraint("ahead_s >= 0", name="ahead"),
    )

    id: Mapped[Id]
    ahead_s: Mapped[int] = mapped_column(BigInteger)


def wall() -> datetime:
    """Return the current instant in UTC, whatever a demo pretends."""
    return datetime.now(UTC)


def now(session: Session) -> datetime:
    """Return the instant that the program goes by: the wall's, or a demo's."""
    return wall() + ahead(session)


def ahead(session: Session) -> timedelta:
    """Return how far the program's clock is ahead of the wall's; nothing outside of demos."""
    row = session.get(DemoClock, _ROW)
    return timedelta(seconds=row.ahead_s if row else 0)


def read(engine: Engine) -> datetime:
    """Return the instant that the program goes by, for those who have no session yet."""
    with Session(engine) as session:
        return now(session)


def make_demo(session: Session) -> None:
    """Give a database a demo's clock, which may be set forward."""
    if session.get(DemoClock, _ROW) is None:
        session.add(DemoClock(id=_ROW, ahead_s=0))
        session.flush()


def is_demo(session: Session) -> bool:
    """Tell whether the database has a demo's clock."""
    return session.get(DemoClock, _ROW) is not None


def advance(session: Session, by: timedelta) -> datetime:
    """Set a demo's clock forward and return its time; raises ValueError where there is none."""
    row = session.get(DemoClock, _ROW, with_for_update=True)
    if row is None:
        raise ValueError("only a demo's clock can be set forward")
    if not timedelta() < by <= _FURTHEST:
        raise ValueError("a demo's clock goes forward, by ten years at most")
    row.ahead_s += int(by.total_seconds())
    session.flush()
    return now(session)
