"""Whole sets of rows: written alike few by few and many at once, looked up by any number."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from commissions import sets
from commissions.models import AttributionDecision, Entry, SaleRecord, TouchRecord
from commissions.states import SaleState
from tests.factories import at
from tests.story import Story

FEW_AND_MANY = pytest.mark.parametrize("count", [0, 1, 19, 20, 60])


def sales(story: Story, count: int, **changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- of any column
    """Return rows of sales, the ids reserved."""
    ids = sets.next_ids(story.session, SaleRecord, count)
    usual = {
        "program_id": story.program.id,
        "state": SaleState.PAID,
        "amount_minor": 10**15,
        "paid_at": at("2024-01-05 12:00:00.000001+07:00"),
        "completed_at": None,
        "buyer_account": "Ánh\t\\N 'quoted' \N{ROSE}",
        "fingerprint": "x",
    }
    return [{"id": id_, "reference": f"S-{id_}", **usual, **changes} for id_ in ids]


@FEW_AND_MANY
def test_rows_come_back_as_they_were_written(story: Story, count: int) -> None:
    rows = sales(story, count)
    sets.insert_rows(story.session, SaleRecord, rows)
    columns = [SaleRecord.__table__.c[name] for name in rows[0]] if rows else [SaleRecord.id]
    found = story.session.execute(select(*columns).order_by(SaleRecord.id)).mappings()
    assert [dict(row) for row in found] == rows
    recorded = story.session.scalars(select(SaleRecord.recorded_at)).all()
    assert all(moment.tzinfo for moment in recorded)


@FEW_AND_MANY
def test_lists_and_nothing_are_written_as_they_are(story: Story, count: int) -> None:
    sale = story.sell(by=None)
    sale_id = story.session.scalar(select(SaleRecord.id).where(SaleRecord.reference == sale[0]))
    touches = [{"kind": "click", "said": 'Ánh\'s "link" \\ \N{ROSE}', "id": None}]
    usual = {"sale_id": sale_id, "partner_id": None, "rule": "r", "reason": "s"}
    rows = [{**usual, "touches": touches} for _ in range(count)]
    sets.insert_rows(story.session, AttributionDecision, rows)
    wanted = select(AttributionDecision.touches).where(AttributionDecision.rule == "r")
    assert story.session.scalars(wanted).all() == [touches] * count


@pytest.mark.parametrize("count", [1, 60])
def test_a_row_that_the_database_refuses_undoes_its_set(story: Story, count: int) -> None:
    rows = sales(story, count)
    rows[-1]["state"] = "perhaps"
    with pytest.raises(IntegrityError), story.session.begin_nested():
        sets.insert_rows(story.session, SaleRecord, rows)
    assert story.session.scalar(select(func.count()).select_from(SaleRecord)) == 0


@FEW_AND_MANY
def test_rows_whose_keys_are_taken_are_left_out(story: Story, count: int) -> None:
    rows = sales(story, count)
    sets.insert_missing(story.session, SaleRecord, rows[::2])
    others = sales(story, count)
    for other, row in zip(others, rows, strict=True):
        other["reference"] = row["reference"]
    sets.insert_missing(story.session, SaleRecord, others)
    found = story.session.scalars(select(SaleRecord.id).order_by(SaleRecord.id))
    first, second = [row["id"] for row in rows[::2]], [row["id"] for row in others[1::2]]
    assert [*found] == sorted(first + second)


@FEW_AND_MANY
def test_rows_are_found_and_changed_by_any_number_of_keys(story: Story, count: int) -> None:
    rows = sales(story, count)
    sets.insert_rows(story.session, SaleRecord, rows)
    sets.update_by_id(
        story.session, SaleRecord, [{"id": r["id"], "amount_minor": r["id"]} for r in rows]
    )
    wanted = select(SaleRecord.id, SaleRecord.amount_minor).order_by(SaleRecord.id)
    ids = [row["id"] for row in rows]
    by_id = wanted.where(sets.among(story.session, SaleRecord.id, [*ids, 10**12]))
    by_name = wanted.where(
        sets.among(story.session, SaleRecord.reference, [r["reference"] for r in rows])
    )
    for found in (by_id, by_name):
        assert [tuple(row) for row in story.session.execute(found)] == [(id_, id_) for id_ in ids]


def test_reserved_ids_ascend_and_none_is_given_twice(story: Story) -> None:
    assert list(sets.next_ids(story.session, Entry, 0)) == []
    first = list(sets.next_ids(story.session, TouchRecord, 3))
    assert first == sorted({*first})
