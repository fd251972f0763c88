"""Months of a zone: where they begin and end, through clock changes and leap years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions import periods
from commissions.errors import TimeInvalid
from commissions.periods import Month
from tests.factories import at

MONTHS = [
    # zone, month, first instant and first instant after it in UTC, hours
    ("UTC", "2024-02", "2024-02-01 00:00", "2024-03-01 00:00", 29 * 24),
    ("UTC", "2023-02", "2023-02-01 00:00", "2023-03-01 00:00", 28 * 24),
    ("UTC", "2000-02", "2000-02-01 00:00", "2000-03-01 00:00", 29 * 24),
    ("UTC", "2100-02", "2100-02-01 00:00", "2100-03-01 00:00", 28 * 24),
    ("UTC", "2023-12", "2023-12-01 00:00", "2024-01-01 00:00", 31 * 24),
    ("Europe/London", "2024-02", "2024-02-01 00:00", "2024-03-01 00:00", 29 * 24),
    ("Europe/London", "2024-03", "2024-03-01 00:00", "2024-03-31 23:00", 31 * 24 - 1),
    ("Europe/London", "2024-07", "2024-06-30 23:00", "2024-07-31 23:00", 31 * 24),
    ("Europe/London", "2024-10", "2024-09-30 23:00", "2024-11-01 00:00", 31 * 24 + 1),
    ("Asia/Ho_Chi_Minh", "2024-02", "2024-01-31 17:00", "2024-02-29 17:00", 29 * 24),
    ("Asia/Ho_Chi_Minh", "2024-12", "2024-11-30 17:00", "2024-12-31 17:00", 31 * 24),
    # The clock jumps over midnight of the first: the month begins at one o'clock.
    ("Asia/Amman", "2016-04", "2016-03-31 22:00", "2016-04-30 21:00", 30 * 24 - 1),
    # Midnight of the first comes twice: the month begins at the first of them.
    ("America/Havana", "2020-11", "2020-11-01 04:00", "2020-12-01 05:00", 30 * 24 + 1),
    ("Pacific/Kiritimati", "2024-03", "2024-02-29 10:00", "2024-03-31 10:00", 31 * 24),
]


@pytest.mark.parametrize(("zone", "month", "start", "end", "hours"), MONTHS)
def test_a_month_runs_from_its_first_instant_to_the_next_ones(
    zone: str, month: str, start: str, end: str, hours: int
) -> None:
    place, found = ZoneInfo(zone), periods.parse_month(month)
    assert found.starts_at(place) == at(start)
    assert found.ends_at(place) == at(end)
    assert found.ends_at(place) - found.starts_at(place) == timedelta(hours=hours)
    assert found.last_instant(place) == at(end) - timedelta(microseconds=1)
    assert found.starts_at(place).tzinfo is UTC


@pytest.mark.parametrize(("zone", "month", "start", "end", "hours"), MONTHS)
def test_an_instant_belongs_to_one_month(
    zone: str, month: str, start: str, end: str, hours: int
) -> None:
    place, found, tick = ZoneInfo(zone), periods.parse_month(month), timedelta(microseconds=1)
    assert periods.month_of(at(start), place) == found
    assert periods.month_of(at(start) - tick, place).next() == found
    assert periods.month_of(at(end) - tick, place) == found
    assert periods.month_of(at(end), place) == found.next()


@given(
    st.datetimes(datetime(1971, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- the zone is given beside
    st.sampled_from(["Europe/London", "Asia/Ho_Chi_Minh", "America/New_York", "Australia/Sydney"]),
)
def test_every_instant_lies_between_the_edges_of_its_month(instant: datetime, zone: str) -> None:
    place = ZoneInfo(zone)
    month = periods.month_of(instant, place)
    assert month.starts_at(place) <= instant < month.ends_at(place)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2024", "2024-00", "2024-13", "2024-1", "24-01", "0000-01", "0001-01", "9999-12"),
        *("2024-01-01", "2024-01\n", "\uff12\uff10\uff12\uff14-01", "2024/01", " 2024-01"),
    ],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(TimeInvalid, match="write it like 2010-11"):
        periods.parse_month(text)


def test_months_are_listed_from_the_first_to_the_last() -> None:
    listed = periods.months_between(Month(2023, 11), Month(2024, 2))
    assert [str(month) for month in listed] == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert periods.months_between(Month(2024, 1), Month(2024, 1)) == [Month(2024, 1)]
    assert periods.months_between(Month(2024, 2), Month(2024, 1)) == []


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "/etc/hosts"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(TimeInvalid, match="IANA name such as Europe/London"):
        periods.zone_of(name)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TimeInvalid, match="no time zone"):
        periods.aware(datetime(2024, 1, 1))  # noqa: DTZ001 -- that is the point
    assert periods.aware(at("2024-01-01 07:00+07:00")) == at("2024-01-01")
