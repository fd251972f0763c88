"""Instants: told in any zone, kept in UTC to the microsecond, in nights of clock changes too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from commissions import attribution, conversions
from commissions.models import Batch, SaleRecord
from tests.factories import at, make_program, make_sale, make_touch
from tests.story import Owed, Story

LONDON = ZoneInfo("Europe/London")


def told_twice(*, fold: int) -> datetime:
    """Return half past one of the night in which London's clocks show that time twice."""
    return datetime(2024, 10, 27, 1, 30, tzinfo=LONDON, fold=fold)


def test_times_are_kept_as_they_were_told_in_whatever_zone(story: Story) -> None:
    moments = {
        "S-1": told_twice(fold=0),
        "S-2": told_twice(fold=1),
        "S-3": datetime(2024, 3, 31, 0, 59, 59, 999_999, tzinfo=LONDON),
        "S-4": at("2024-01-31 23:59:59.999999+07:00"),
        "S-5": at("2024-02-29 12:00"),
    }
    sales = [make_sale(reference, paid_at=moment) for reference, moment in moments.items()]
    conversions.record(story.session, story.program, sales)
    rows = story.session.execute(select(SaleRecord.reference, SaleRecord.paid_at))
    kept = {reference: moment for reference, moment in rows}
    assert kept == {reference: moment.astimezone(UTC) for reference, moment in moments.items()}
    assert kept["S-2"] - kept["S-1"] == timedelta(hours=1)
    for sale in sales:
        assert conversions.record(story.session, story.program, [sale])[0].new is False


def test_the_two_half_past_ones_of_an_autumn_night_are_an_hour_apart(story: Story) -> None:
    """In many rows at once, too: these go past the ORM."""
    story.program.hold_days = 0
    for number in range(12):
        story.sell(f"first {number}", on=told_twice(fold=0).astimezone(UTC).isoformat())
        story.sell(f"second {number}", on=told_twice(fold=1).astimezone(UTC).isoformat())
    first, second = (told_twice(fold=fold) for fold in (0, 1))
    story.complete(*(f"first {n}" for n in range(12)), on="2024-10-27 00:30")
    story.complete(*(f"second {n}" for n in range(12)), on="2024-10-27 01:30")
    assert story.owed(as_of=first.astimezone(UTC).isoformat()) == Owed(accrued=120_00)
    assert story.owed(as_of=second.astimezone(UTC).isoformat()) == Owed(accrued=240_00)
    assert story.release(on="2024-10-27 00:30") == (12, 120_00)
    assert story.release(on="2024-10-27 01:30") == (12, 120_00)
    assert story.books_hold()


@pytest.mark.parametrize(
    ("paid", "touched", "earns"),
    [
        # Thirty days before noon of 20 April in London it was eleven o'clock there.
        (datetime(2024, 4, 20, 12, tzinfo=LONDON), at("2024-03-21 11:00"), True),
        (datetime(2024, 4, 20, 12, tzinfo=LONDON), at("2024-03-21 10:59:59.999999"), False),
        # And before noon of 20 November it was one o'clock.
        (datetime(2024, 11, 20, 12, tzinfo=LONDON), at("2024-10-21 12:00"), True),
        (datetime(2024, 11, 20, 12, tzinfo=LONDON), at("2024-10-21 11:59:59.999999"), False),
        # A touch in the second half past one doesn't come before a payment in the first.
        (told_twice(fold=0), told_twice(fold=1), False),
        (told_twice(fold=1), told_twice(fold=0), True),
        (told_twice(fold=0), told_twice(fold=0), True),
    ],
)
def test_the_window_is_measured_in_seconds_and_not_on_the_clock(
    paid: datetime, touched: datetime, *, earns: bool
) -> None:
    decided = attribution.attribute([make_touch(7, touched)], paid_at=paid, window_days=30)
    assert (decided.partner_id is not None) is earns


def test_the_last_of_two_touches_in_that_night_is_the_later_one() -> None:
    later, earlier = make_touch(1, told_twice(fold=1)), make_touch(2, told_twice(fold=0))
    for touches in ([later, earlier], [earlier, later]):
        decided = attribution.attribute(touches, paid_at=at("2024-10-28"), window_days=30)
        assert decided.partner_id == 1


def test_a_hold_is_measured_in_seconds_and_not_on_the_clock(session: Session) -> None:
    story = Story(session, make_program(session, time_zone="Europe/London"))
    story.enrol("mai")
    story.sell(on="2024-03-20 12:00")
    story.complete(on="2024-03-20 12:00")
    assert story.release(on="2024-04-19 11:59:59.999999") == (0, 0)
    assert story.release(on="2024-04-19 12:00+00:00") == (1, 10_00)
    assert story.books_hold()


def test_the_database_takes_no_time_without_a_zone(session: Session) -> None:
    naive = datetime(2024, 1, 1)  # noqa: DTZ001 -- that is the point
    with pytest.raises(StatementError, match="no time zone"):
        session.execute(select(Batch.id).where(Batch.built_at <= naive))
