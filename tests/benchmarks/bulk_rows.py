"""Ready transfers in one call, against COPY, executemany and hordak's bulk way."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

from commissions import ledger
from storefront import database
from tests.benchmarks import books, limits
from tests.benchmarks.ground import Ground, bytes_of
from tests.benchmarks.hordak import Hordak
from tests.benchmarks.limits import Limits
from tests.benchmarks.rows import Bar, Figures, Row, Sides

_MANY = 100_000
_MILLION = 1_000_000
_PEERS = 20_000


class _Ours:
    """A number of transfers in one call, on a copy of books where they wait."""

    def __init__(self, ground: Ground, kind: str, count: int) -> None:
        self._ground = ground
        self._databases = ground.databases(kind)
        self._count = ground.number(count)
        base = books.with_accounts(ground, kind)
        self._url = ground.prepared(kind, f"{count} waiting", self._add, base=base)
        self.rows_each = 2.0
        self.bytes_each = self.commission_bytes = 0.0

    def _add(self, url: str) -> None:
        books.add_commissions(url, books.random_owners(url, self._count))

    def post(self, *, weigh: bool = False) -> float:
        url = self._databases.copy(self._url)
        try:
            rate = self._post(url)
            books.verify(url)
            if weigh:
                posted = self._count + self._ground.number(books.PARTNERS)
                self.bytes_each = bytes_of(url, "transfers", "entries") / posted
                self.commission_bytes = bytes_of(url, "commissions") / posted
        finally:
            self._databases.drop(url)
        return rate

    def _post(self, url: str) -> float:
        first = self._ground.number(books.PARTNERS) + 1
        with books.opened(url) as engine:
            program, before = books.found_program(engine), books.counts(engine)
            with database.snapshot(engine) as session:
                ready = books.postings(session, range(first, first + self._count))
            gc.collect()
            begin = time.perf_counter()
            with database.transaction(engine) as session:
                ledger.post(session, program, ready)
            seconds = time.perf_counter() - begin
            after = books.counts(engine)
        self.rows_each = (sum(after) - sum(before)) / (after[0] - before[0])
        return self._count / seconds


@contextmanager
def _postgresql(ground: Ground) -> Iterator[Sides]:
    partners, count = ground.number(books.PARTNERS), ground.number(_MANY)
    ours, hordak = _Ours(ground, "postgresql", _MANY), Hordak(ground, partners)
    floor = Limits(ground, partners)
    yield {
        "ours": lambda: {"ours": ours.post()},
        "COPY": lambda: {"COPY": floor.copied(2 * count) / ours.rows_each},
        "hordak": lambda: hordak.bulk(ground.number(_PEERS)),
    }


@contextmanager
def _sqlite(ground: Ground) -> Iterator[Sides]:
    ours, count = _Ours(ground, "sqlite", _MANY), ground.number(_MANY)
    yield {
        "ours": lambda: {"ours": ours.post()},
        "floor": lambda: {"floor": limits.executed_many(ground, 2 * count) / ours.rows_each},
    }


@contextmanager
def _million(ground: Ground) -> Iterator[Sides]:
    few, many = _Ours(ground, "postgresql", _MANY), _Ours(ground, "postgresql", _MILLION)
    floor, count = Limits(ground, ground.number(books.PARTNERS)), ground.number(_MILLION)
    yield {
        "100,000": lambda: {"few": few.post()},
        "1,000,000": lambda: {"many": many.post()},
        "COPY": lambda: {"COPY": floor.copied(2 * count) / many.rows_each},
    }


@contextmanager
def _weights(ground: Ground) -> Iterator[Sides]:
    ours = _Ours(ground, "postgresql", _MANY)
    hordak = Hordak(ground, ground.number(books.PARTNERS))

    def weigh() -> Figures:
        ours.post(weigh=True)
        return {"ours": ours.bytes_each, "commission": ours.commission_bytes}

    yield {
        "ours": weigh,
        "hordak": lambda: {"hordak": hordak.bytes_each(ground.number(_MANY))},
    }


_POST = "ledger.post of 100,000 ready transfers in one call"

ROWS = (
    Row(
        "bulk-postgresql",
        "100,000 ready transfers in one call, PostgreSQL",
        _postgresql,
        (
            Bar(f"{_POST}, PostgreSQL", "ours", "COPY", "COPY floor", least=0.25, reach=0.45),
            Bar("the same", "ours", "hordak", "hordak bulk way, 20,000", least=10),
            Bar("the same", "ours", "hordak writing", "its bulk_create, of objects made before"),
        ),
    ),
    Row(
        "bulk-sqlite",
        "100,000 ready transfers in one call, SQLite",
        _sqlite,
        (Bar(f"{_POST}, SQLite", "ours", "floor", "executemany floor", least=0.25),),
    ),
    Row(
        "bulk-million",
        "1,000,000 ready transfers in one call, PostgreSQL",
        _million,
        (
            Bar(
                "ledger.post of 1,000,000 ready transfers in one call, PostgreSQL",
                "many",
                "few",
                "its rate at 100,000",
                least=0.7,
            ),
            Bar("the same", "many", "COPY", "COPY floor"),
        ),
        is_long=True,
    ),
    Row(
        "disk",
        "bytes on the disk for each transfer with its entries and all indexes, PostgreSQL",
        _weights,
        (
            Bar(
                "disk per commission: its transfer and entries with all indexes, PostgreSQL",
                "ours",
                "hordak",
                "hordak, transaction and legs",
                unit="B",
                most=0.9,
            ),
            Bar("the same", "ours", 250, "absolute", unit="B"),
            Bar(
                "its commission row with all indexes, apart",
                "commission",
                "hordak",
                "hordak, transaction and legs",
                unit="B",
            ),
        ),
        rounds=1,
    ),
)
