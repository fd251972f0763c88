"""Plain reads: they wait for no writer, see one state of the books, and write nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storefront import database
from storefront.database_faults import DatabaseReadOnly
from tests.storefront.shop import Shop

RENAME = text("update programs set name = :name")
NAME = text("select name from programs")


@pytest.fixture(autouse=True)
def shop(engine: Engine, tmp_path: Path) -> Shop:
    """A program, named Roses."""
    return Shop(engine, tmp_path)


def rename(session: Session, name: str) -> None:
    """Write something."""
    session.execute(RENAME, {"name": name})


def test_a_snapshot_is_read_while_another_writes(engine: Engine) -> None:
    with database.transaction(engine) as writer:
        rename(writer, "Tulips")
        with database.snapshot(engine) as reader:
            assert reader.scalar(NAME) == "Roses"
    with database.snapshot(engine) as reader:
        assert reader.scalar(NAME) == "Tulips"


def test_a_snapshot_sees_one_state_whatever_is_committed_meanwhile(engine: Engine) -> None:
    with database.snapshot(engine) as reader:
        assert reader.scalar(NAME) == "Roses"
        with database.transaction(engine) as writer:
            rename(writer, "Tulips")
        assert reader.scalar(NAME) == "Roses"


def test_several_snapshots_are_read_at_once(engine: Engine) -> None:
    with database.snapshot(engine) as one, database.snapshot(engine) as other:
        assert one.scalar(NAME) == other.scalar(NAME) == "Roses"


def test_a_snapshot_refuses_to_write_and_leaves_no_trace_on_its_connection(engine: Engine) -> None:
    for number in range(3):
        with (
            pytest.raises(DatabaseReadOnly),
            database.snapshot(engine) as reader,
        ):
            rename(reader, "Tulips")
        with database.transaction(engine) as writer:
            rename(writer, f"Roses {number}")
    with database.snapshot(engine) as reader:
        assert reader.scalar(NAME) == "Roses 2"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_revision_and_the_drift_are_read_while_another_writes(engine: Engine) -> None:
    with database.transaction(engine) as writer:
        rename(writer, "Tulips")
        revision, newest = database.revisions(engine)
        assert revision == newest
        assert database.drift(engine) == []
