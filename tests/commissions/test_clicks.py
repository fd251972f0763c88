"""Visits become touches: kept once by their key, and the same again within an hour counts once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import attribution, clicks
from commissions.clicks import Visit
from commissions.errors import Invalid
from commissions.models import Partner, Program, TouchRecord
from commissions.repeats import SAME_VISIT, Seen, is_repeat, repeats
from commissions.values import Touch
from tests.factories import at, make_partner, make_program

NOON = at("2024-03-05 12:00")
MINUTE = timedelta(minutes=1)
A, B = "Linh's link", "Mây's link"


def seen(*told: tuple[str, int]) -> list[Seen]:
    """Return touches told as what, and how many minutes after noon."""
    return [Seen(NOON + minutes * MINUTE, what) for what, minutes in told]


@pytest.mark.parametrize(
    ("counted", "new", "repeated"),
    [
        ([], [(A, 0)], [False]),
        ([(A, 0)], [(A, 59)], [True]),
        ([(A, 0)], [(A, 60)], [False]),
        ([], [(A, 0), (A, 0)], [False, True]),
        ([], [(A, 0), (A, 50), (A, 100)], [False, True, False]),
        ([(A, 0)], [(B, 10)], [False]),
        ([(A, 0), (B, 10)], [(A, 20)], [False]),
        ([], [(A, 0), (B, 10), (A, 20), (A, 30)], [False, False, False, True]),
        ([(A, 30)], [(A, 0)], [True]),
        ([(A, 60)], [(A, 0)], [False]),
        ([(A, 0), (A, 200)], [(A, 100)], [False]),
    ],
)
def test_the_same_within_an_hour_and_nothing_between_is_one_visit(
    counted: list[tuple[str, int]], new: list[tuple[str, int]], repeated: list[bool]
) -> None:
    assert repeats(seen(*counted), seen(*new)) == repeated


def test_a_visit_an_hour_later_is_another_one() -> None:
    first, again = Seen(NOON, A), Seen(NOON + SAME_VISIT, A)
    assert not is_repeat(again, of=first)
    assert is_repeat(Seen(again.at - timedelta(microseconds=1), A), of=first)


@pytest.fixture
def program(session: Session) -> Program:
    return make_program(session)


@pytest.fixture
def mai(session: Session, program: Program) -> Partner:
    return make_partner(session, program, "mai")


def kept(session: Session) -> list[tuple[datetime, str | None]]:
    """Return when each visit was, and why it doesn't count."""
    rows = session.execute(
        select(TouchRecord.occurred_at, TouchRecord.uncounted).order_by(TouchRecord.occurred_at)
    )
    return [(moment, uncounted) for moment, uncounted in rows]


def test_a_repeat_is_kept_with_its_reason_whichever_batch_brings_it(
    session: Session, program: Program, mai: Partner
) -> None:
    times = [NOON + minutes * MINUTE for minutes in (0, 30, 61)]
    visits = [Visit(mai.id, moment, visitor="v") for moment in times]
    clicks.record(session, program, visits[:1])
    stored = clicks.record(session, program, [visits[2], visits[1]])
    assert [touch.uncounted for touch in stored] == [None, "duplicate"]
    assert kept(session) == [(times[0], None), (times[1], "duplicate"), (times[2], None)]
    theirs = clicks.of_visitor(session, program, "v", since=NOON)
    assert [touch.occurred_at for touch in theirs] == [times[0], times[2]]


def test_another_visitor_another_partner_and_another_kind_are_no_repeats(
    session: Session, program: Program, mai: Partner
) -> None:
    linh = make_partner(session, program, "linh")
    visits = [
        Visit(mai.id, NOON, visitor="v"),
        Visit(mai.id, NOON + MINUTE, visitor="w"),
        Visit(linh.id, NOON + 2 * MINUTE, visitor="v"),
        Visit(linh.id, NOON + 3 * MINUTE, visitor="v", kind="shop_page"),
        Visit(mai.id, NOON),
        Visit(mai.id, NOON),
    ]
    stored = clicks.record(session, program, visits)
    assert [touch.uncounted for touch in stored] == [None] * 6


def test_a_visit_is_stored_once_however_often_it_is_brought(
    session: Session, program: Program, mai: Partner
) -> None:
    visit = Visit(mai.id, NOON, visitor="v", key="k-1")
    (first,) = clicks.record(session, program, [visit])
    assert clicks.record(session, program, [visit, visit]) == [first, first]
    assert kept(session) == [(NOON, None)]


def test_bots_and_previews_are_kept_and_make_no_visit_a_repeat(
    session: Session, program: Program, mai: Partner
) -> None:
    bot = Visit(mai.id, NOON, visitor="v", uncounted="bot")
    preview = Visit(mai.id, NOON + MINUTE, visitor="v", uncounted="preview")
    person = Visit(mai.id, NOON + 2 * MINUTE, visitor="v")
    clicks.record(session, program, [bot, preview])
    clicks.record(session, program, [person])
    assert [why for _, why in kept(session)] == ["bot", "preview", None]
    assert len(clicks.of_visitor(session, program, "v", since=NOON)) == 1


def test_an_unknown_reason_is_refused(session: Session, program: Program, mai: Partner) -> None:
    with pytest.raises(Invalid, match="choose bot, preview, duplicate"):
        clicks.record(session, program, [Visit(mai.id, NOON, uncounted="mood")])


def test_what_does_not_count_earns_nothing() -> None:
    person = Touch(1, "click", NOON)
    bot = Touch(2, "click", NOON + MINUTE, uncounted="bot")
    decided = attribution.attribute([person, bot], paid_at=NOON + 2 * MINUTE, window_days=30)
    assert (decided.partner_id, decided.reason) == (1, "won")
    assert [verdict.verdict for verdict in decided.verdicts] == ["won", "not counted"]
    alone = attribution.attribute([bot], paid_at=NOON + 2 * MINUTE, window_days=30)
    assert (alone.partner_id, alone.reason) == (None, "no touch")


def test_keys_ascend_with_time_and_never_meet() -> None:
    made = [clicks.new_key(NOON + second * timedelta(seconds=1)) for second in range(100)]
    assert made == sorted(made)
    assert len({clicks.new_key(NOON) for _ in range(1_000)}) == 1_000
