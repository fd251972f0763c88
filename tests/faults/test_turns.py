"""Writers on SQLite take turns: first come, first served, for a bounded time."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from storefront import database
from storefront.database_faults import DatabaseBusy
from storefront.turns import Turns

WAIT_S = 30


def test_whoever_came_first_is_served_first() -> None:
    turns, order = Turns(WAIT_S), list[int]()
    came = [threading.Event() for _ in range(8)]

    def take(number: int) -> None:
        came[number].set()
        with turns.turn():
            order.append(number)

    workers = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    with turns.turn():
        for number, worker in enumerate(workers):
            worker.start()
            came[number].wait(WAIT_S)
            _wait_for(turns, number + 1)
        assert order == []
    for worker in workers:
        worker.join(WAIT_S)
    assert order == [*range(8)]


def test_a_turn_that_does_not_come_is_refused_and_the_next_one_comes() -> None:
    turns = Turns(0.05)
    with (
        ThreadPoolExecutor(1) as pool,
        turns.turn(),
        pytest.raises(DatabaseBusy, match="Nothing was changed"),
    ):
        pool.submit(_take_and_leave, turns).result(WAIT_S)
    _take_and_leave(turns)


def test_a_writer_that_breaks_off_passes_its_turn_on() -> None:
    turns = Turns(WAIT_S)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    _take_and_leave(turns)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_eight_writers_of_one_process_lose_nothing(database_url: str) -> None:
    engine = database.make_engine(database_url)
    with database.transaction(engine) as session:
        session.execute(text("create table counted (n integer)"))
        session.execute(text("insert into counted values (0)"))

    def count(_worker: int) -> None:
        for _ in range(25):
            with database.transaction(engine) as session:
                seen = session.scalar(text("select n from counted")) or 0
                session.execute(text("update counted set n = :n"), {"n": seen + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    with database.snapshot(engine) as session:
        assert session.scalar(text("select n from counted")) == 200
    engine.dispose()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_writer_of_another_process_is_waited_for_and_then_told_of(database_url: str) -> None:
    engine = database.make_engine(database_url, patience_s=0.1)
    path = Path(engine.url.database or "")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with (
            pytest.raises(DatabaseBusy, match="try again"),
            database.transaction(engine) as session,
        ):
            session.execute(text("select 1"))
        other.execute("rollback")
    with database.transaction(engine) as session:
        assert session.scalar(text("select 1")) == 1
    engine.dispose()


def _take_and_leave(turns: Turns) -> None:
    with turns.turn():
        pass


def _wait_for(turns: Turns, number: int) -> None:
    """Wait until so many wait for their turn: the last of them is just about to."""
    for _ in range(10_000_000):
        if len(turns._waiting) == number:  # noqa: SLF001  # reason: nobody else has to know
            return
    pytest.fail("somebody never came")
