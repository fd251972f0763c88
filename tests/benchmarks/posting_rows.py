"""One commission a transaction: one client, eight client processes, eight callers on SQLite."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks import books, clients
from tests.benchmarks.clients import Answer
from tests.benchmarks.ground import Ground
from tests.benchmarks.hordak import Hordak
from tests.benchmarks.limits import Limits
from tests.benchmarks.rows import Bar, Figures, Row, Sides

_SECONDS = 4
_WAITING = 60_000
_MANY = 8
_WORK = "ledger.post of one commission in the caller's transaction"


class _Ours:
    """Our clients: each measurement on a copy of the ready books, verified afterwards."""

    def __init__(self, ground: Ground, kind: str) -> None:
        self._ground = ground
        self._kind = kind
        self._waiting = range(0)
        base = books.with_accounts(ground, kind)
        self._url = ground.prepared(kind, "waiting", self._add, base=base)

    def _add(self, url: str) -> None:
        owners = books.random_owners(url, self._ground.number(_WAITING))
        books.add_commissions(url, owners)

    def post(self, *, processes: int = 1, threads: int = 1) -> Answer:
        databases = self._ground.databases(self._kind)
        url = databases.copy(self._url)
        try:
            answer = clients.run_together(self._commands(url, processes, threads))
            books.remove_unbooked(url)
            books.verify(url)
        finally:
            databases.drop(url)
        return answer

    def _commands(self, url: str, processes: int, threads: int) -> list[list[str]]:
        waiting = self._ground.number(_WAITING)
        first = self._ground.number(books.PARTNERS) + 1
        share = waiting // processes
        client = [sys.executable, "-m", "tests.benchmarks.posting_client", url]
        seconds = str(self._ground.seconds(_SECONDS))
        return [
            [*client, str(first + number * share), str(share), seconds, str(threads)]
            for number in range(processes)
        ]


@contextmanager
def _one_client(ground: Ground) -> Iterator[Sides]:
    with _sides(ground, 1) as sides:
        yield {name: sides[name] for name in ("ours", "hordak", "LIMIT-N")}


@contextmanager
def _many_clients(ground: Ground) -> Iterator[Sides]:
    with _sides(ground, _MANY) as sides:
        yield sides


@contextmanager
def _sides(ground: Ground, count: int) -> Iterator[Sides]:
    ours, seconds = _Ours(ground, "postgresql"), ground.seconds(_SECONDS)
    partners = ground.number(books.PARTNERS)
    hordak, limits = Hordak(ground, partners), Limits(ground, partners)
    yield {
        "ours": lambda: _figures("ours", ours.post(processes=count)),
        "hordak": lambda: _figures("hordak", hordak.transfer_to(count, seconds)),
        "LIMIT-N": lambda: {"LIMIT-N": limits.derived(count, seconds)},
        "LIMIT-H": lambda: {"LIMIT-H": limits.stored(count, seconds)},
    }


def _figures(name: str, answer: Answer) -> Figures:
    return {name: answer.per_second, f"{name} p99": answer.p99_ms}


@contextmanager
def _callers(ground: Ground) -> Iterator[Sides]:
    ours = _Ours(ground, "sqlite")
    yield {
        "1 caller": lambda: _figures("1", ours.post()),
        "8 callers": lambda: _figures("8", ours.post(threads=_MANY)),
    }


ROWS = (
    Row(
        "post-one",
        "one commission a transaction, PostgreSQL, 1 client",
        _one_client,
        (
            Bar(f"{_WORK}, PostgreSQL, 1 client", "ours", "hordak", "hordak transfer_to", least=3),
            Bar("the same", "ours", "LIMIT-N", "LIMIT-N, pgbench", least=0.25, reach=0.40),
            Bar("its slowest of 100", "ours p99", "hordak p99", "hordak transfer_to", unit="ms"),
        ),
    ),
    Row(
        "post-eight",
        "one commission a transaction, PostgreSQL, 8 client processes on one program",
        _many_clients,
        (
            Bar(f"{_WORK}, PostgreSQL, 8 clients", "ours", "hordak", "hordak transfer_to", least=3),
            Bar("the same", "ours", "LIMIT-H", "LIMIT-H, pgbench", least=1.0),
            Bar("the same", "ours", "LIMIT-N", "LIMIT-N, pgbench", reach=0.50),
            Bar("its slowest of 100", "ours p99", 15, "absolute", unit="ms", most=1),
            Bar("its slowest of 100", "ours p99", "hordak p99", "hordak transfer_to", unit="ms"),
        ),
    ),
    Row(
        "post-sqlite",
        "one commission a transaction, SQLite with synchronous=FULL, 1 and 8 callers",
        _callers,
        (
            Bar(f"{_WORK}, SQLite, 8 callers", "8", "1", "1 caller", least=0.8),
            Bar("its slowest of 100", "8 p99", 30, "absolute", unit="ms", most=1),
            Bar("its slowest of 100", "8 p99", "1 p99", "1 caller", unit="ms"),
        ),
    ),
)
