"""The one declarative base and the column types that both databases share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A point in time: aware and in UTC in Python; ``timestamptz`` or ISO text in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Refuse a time without a zone; SQLite keeps UTC as text without saying so."""
        return _as_text if dialect.name == "sqlite" else _in_utc

    @staticmethod
    def text_for_copy(value: datetime | None) -> str | None:
        """Write an instant as COPY reads it; psycopg would take twice as long for each."""
        text = _as_text(value)
        return None if text is None else f"{text}+00"

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        """Give the time back in UTC."""
        del coltype
        return _from_text if dialect.name == "sqlite" else _in_utc


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        message = f"{value} has no time zone"
        raise ValueError(message)
    return value.astimezone(UTC)


def _as_text(value: datetime | None) -> str | None:
    moment = _in_utc(value)
    return None if moment is None else _utc_text(moment)


# The rows of one order carry one time. Kept by UTC: in other zones the two instants at which a
# clock shows the same time, in an autumn night, count as equal.
@lru_cache(maxsize=4096)
def _utc_text(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")[:_TEXT]


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


_TEXT = len("2026-12-21 00:00:00.000000")


class WallClock(FunctionElement[datetime]):
    """The database's own clock, for ``recorded_at``: audit only, never accounting time."""

    inherit_cache = True
    type = Instant()


@compiles(WallClock, "sqlite")
def _sqlite_clock(_element: WallClock, _compiler: SQLCompiler, **_kw: object) -> str:
    return "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"


@compiles(WallClock)
def _clock(_element: WallClock, _compiler: SQLCompiler, **_kw: object) -> str:
    return "clock_timestamp()"


ID = BigInteger().with_variant(Integer, "sqlite")

Id = Annotated[int, mapped_column(ID, primary_key=True)]
Ref = Annotated[int, mapped_column(ID)]
Minor = Annotated[int, mapped_column(BigInteger)]
Word = Annotated[str, mapped_column(String(24))]
Code = Annotated[str, mapped_column(String(120))]
Key = Annotated[str, mapped_column(String(400))]
Text = Annotated[str, mapped_column(String(400))]
At = Annotated[datetime, mapped_column(Instant)]
RecordedAt = Annotated[datetime, mapped_column(Instant, server_default=WallClock())]


class Base(DeclarativeBase):
    """The base of every table, the engine's and the shop's: one metadata, one history."""

    metadata = MetaData(naming_convention=NAMES)


BaseT = TypeVar("BaseT", bound=Base)

APPEND_ONLY: list[str] = []
"""Names of the tables that the database itself refuses to update, delete from or truncate."""


def append_only(table: type[BaseT]) -> type[BaseT]:
    """Mark a table as append-only; the migration that makes it adds the triggers."""
    APPEND_ONLY.append(table.__tablename__)
    return table
