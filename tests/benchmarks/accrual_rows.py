"""Completed orders credited: in one commit, in steps, killed and run again, in a grown program."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks import books, orders
from tests.benchmarks.ground import ROOT, Ground
from tests.benchmarks.hordak import Hordak
from tests.benchmarks.limits import Limits
from tests.benchmarks.rows import Bar, Figures, Row, Sides

KIND = "postgresql"
_ORDERS = 100_000
_PEERS = 20_000
_GROWN = 10
_NEXT = 10_000
_KILLED = 20_000
_KILLS = 5
_STARTS_S = 1.0


def paid(ground: Ground, partners: int, count: int) -> str:
    """Return a database with partners and paid orders that wait to be completed."""

    def make(url: str) -> None:
        books.make_partners(url, ground.number(partners))
        orders.record(url, ground.number(count))

    return ground.prepared(KIND, f"{count} paid of {partners}", make)


def accrued(ground: Ground, partners: int, count: int) -> str:
    """Return a database in which as many orders are completed and credited."""

    def make(url: str) -> None:
        orders.complete(url, orders.waiting(url), step=10 * orders.STEP)

    base = paid(ground, partners, count)
    return ground.prepared(KIND, f"{count} accrued of {partners}", make, base=base)


class _Ours:
    """Completing all that waits in copies of a database."""

    def __init__(self, ground: Ground, url: str) -> None:
        self._databases = ground.databases(KIND)
        self._url = url
        self.rows_each = 5.0

    def complete(self, step: int | None) -> float:
        """Complete them in one commit, or in steps; return how many orders a second."""
        url = self._databases.copy(self._url)
        try:
            before, ready = orders.rows_written(url), orders.waiting(url)
            begin = time.perf_counter()
            orders.complete(url, ready, step=step or len(ready))
            seconds = time.perf_counter() - begin
            self.rows_each = (orders.rows_written(url) - before) / len(ready)
            books.verify(url)
        finally:
            self._databases.drop(url)
        return len(ready) / seconds


@contextmanager
def _accrue(ground: Ground) -> Iterator[Sides]:
    partners, count = ground.number(books.PARTNERS), ground.number(_ORDERS)
    ours = _Ours(ground, paid(ground, books.PARTNERS, _ORDERS))
    hordak, floor = Hordak(ground, partners), Limits(ground, partners)
    yield {
        "one commit": lambda: {"one": ours.complete(None)},
        "a commit every 1,000": lambda: {"steps": ours.complete(orders.STEP)},
        "COPY": lambda: {"COPY": floor.copied(5 * count) / ours.rows_each},
        "hordak": lambda: hordak.bulk(ground.number(_PEERS)),
    }


@contextmanager
def _killed(ground: Ground) -> Iterator[Sides]:
    source = paid(ground, books.PARTNERS, _KILLED)
    draw = random.Random(4)
    yield {
        "unbroken and killed": lambda: {"same": float(_same_books(ground, source, draw))},
    }


def _same_books(ground: Ground, source: str, draw: random.Random) -> bool:
    """Tell whether books whose writer was killed and run again are those of an unbroken one."""
    databases = ground.databases(KIND)
    unbroken, broken = databases.copy(source), databases.copy(source)
    try:
        begin = time.perf_counter()
        orders.complete(unbroken, orders.waiting(unbroken), step=orders.STEP)
        seconds = time.perf_counter() - begin
        for _ in range(_KILLS):
            _kill_after(broken, _STARTS_S + draw.uniform(0, 0.5) * seconds)
        # Again from the first order, as somebody would who doesn't know how far it came.
        orders.complete(broken, orders.waiting(source), step=orders.STEP)
        books.verify(broken)
        return _contents(broken) == _contents(unbroken)
    finally:
        databases.drop(unbroken)
        databases.drop(broken)


def _kill_after(url: str, seconds: float) -> None:
    with subprocess.Popen([sys.executable, "-m", "tests.benchmarks.orders", url], cwd=ROOT) as one:
        try:
            one.wait(seconds)
        except subprocess.TimeoutExpired:
            one.send_signal(signal.SIGKILL)


def _contents(url: str) -> tuple[object, ...]:
    with books.opened(url) as engine:
        return books.counts(engine), books.balances(engine), orders.rows_written(url)


@contextmanager
def _grown(ground: Ground) -> Iterator[Sides]:
    """Base: 1,000 partners with 10,000 orders credited. Grown: ten times both."""
    base = _with_next(ground, books.PARTNERS // _GROWN, _ORDERS // _GROWN)
    grown = _with_next(ground, books.PARTNERS, _ORDERS)
    few, many = _Ours(ground, base), _Ours(ground, grown)
    yield {
        "base": lambda: _cost("base", few.complete(orders.STEP)),
        "grown": lambda: _cost("grown", many.complete(orders.STEP)),
    }


def _with_next(ground: Ground, partners: int, count: int) -> str:
    def make(url: str) -> None:
        orders.record(url, ground.number(_NEXT))

    base = accrued(ground, partners, count)
    return ground.prepared(KIND, f"the next after {count} of {partners}", make, base=base)


def _cost(name: str, per_second: float) -> Figures:
    return {name: 1000 / per_second}


_ACCRUE = "accrual.accrue of 100,000 completed orders with all decisions and rows, PostgreSQL"

ROWS = (
    Row(
        "accrue",
        "100,000 completed orders credited, PostgreSQL: in one commit, and in steps of 1,000",
        _accrue,
        (
            Bar(_ACCRUE, "one", "hordak", "hordak bulk way, 20,000", least=3),
            Bar("the same", "one", "COPY", "COPY floor of all rows written", least=0.06),
            Bar(
                "the same with a commit every 1,000 orders", "steps", "one", "one commit", least=0.5
            ),
        ),
    ),
    Row(
        "accrue-killed",
        "20,000 completed orders in steps of 1,000, killed five times and run again",
        _killed,
        (Bar("killed anywhere and run again: the same books", "same", 1, "yes", unit="", least=1),),
        rounds=1,
    ),
    Row(
        "accrue-grown",
        "10,000 more orders credited, with ten times the partners and the history, PostgreSQL",
        _grown,
        (
            Bar(
                "accruing an order with 10 × the partners and 10 × the history",
                "grown",
                "base",
                "the base size",
                unit="ms",
                most=1.2,
            ),
        ),
    ),
)
