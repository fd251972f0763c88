"""Calendar months in a program's time zone, as half-open spans of instants in UTC.

Decides when a month begins and ends. Does not know what is closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from commissions.errors import TimeInvalid

DAY = timedelta(seconds=86_400)
TICK = timedelta(microseconds=1)
# Years of four digits whose neighbours have four too, whatever the zone.
_MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])\Z", re.ASCII)
_DECEMBER = 12


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, such as 2010-11."""

    year: int
    number: int

    def __str__(self) -> str:
        """Return the month as ``YYYY-MM``."""
        return f"{self.year:04d}-{self.number:02d}"

    def next(self) -> Month:
        """Return the month that follows."""
        if self.number == _DECEMBER:
            return Month(self.year + 1, 1)
        return Month(self.year, self.number + 1)

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """Return the first instant of the month, in UTC."""
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """Return the first instant after the month, in UTC."""
        return self.next().starts_at(zone)

    def last_instant(self, zone: ZoneInfo) -> datetime:
        """Return the last instant of the month, one microsecond before its end, in UTC."""
        return self.ends_at(zone) - TICK


def parse_month(text: str) -> Month:
    """Return the month written as ``YYYY-MM``; raises TimeInvalid for all else."""
    found = _MONTH.match(text)
    if not found:
        message = f"{text!r} is no month: write it like 2010-11."
        raise TimeInvalid(message)
    return Month(int(found[1]), int(found[2]))


def month_of(instant: datetime, zone: ZoneInfo) -> Month:
    """Return the month in which an instant falls in a zone."""
    local = aware(instant).astimezone(zone)
    return Month(local.year, local.month)


def months_between(first: Month, last: Month) -> list[Month]:
    """Return the months from the first to the last, both included; empty when backwards."""
    months = []
    while first <= last:
        months.append(first)
        first = first.next()
    return months


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name; raises TimeInvalid for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        message = f"{name!r} is no time zone: write an IANA name such as Europe/London."
        raise TimeInvalid(message) from None


def aware(instant: datetime) -> datetime:
    """Return the instant in UTC; raises TimeInvalid when it carries no zone."""
    if instant.tzinfo is None:
        message = f"{instant.isoformat()} has no time zone: write it like 2010-12-31T00:00:00Z."
        raise TimeInvalid(message)
    return instant.astimezone(UTC)
