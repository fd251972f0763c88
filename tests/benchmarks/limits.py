"""The limits: what the bare databases do with the same rows, without our code.

Bare primary keys, no foreign keys, no unique key, no append-only triggers: true upper bounds
rather than an equal job.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.benchmarks.ground import Absent, Ground, driver_url, last_line, socket_and_name

_TABLES = """
create table accounts (id bigint primary key, balance bigint not null, version bigint not null);
create table transfers (
    id bigserial primary key, debit bigint not null, credit bigint not null,
    amount bigint not null, recorded_at timestamptz not null default now()
);
create table entries (
    account bigint, version bigint, transfer bigint not null, amount bigint not null,
    balance bigint not null, id bigserial primary key
);
create table copied (id bigint primary key, a bigint, b bigint, c bigint);
"""
_TRANSFER = """\\set koc random(2, {last})
with t as (
    insert into transfers (debit, credit, amount) values (1, :koc, 125) returning id
), c as (
    update accounts set balance = balance + 125, version = version + 1 where id = :koc
    returning id, balance, version
){merchant}
insert into entries (account, version, transfer, amount, balance)
select c.id, c.version, t.id, 125, c.balance from t, c union all {other_side};
"""
_STORED = """, d as (
    update accounts set balance = balance - 125, version = version + 1 where id = 1
    returning id, balance, version
)"""
_STORED_SIDE = "select d.id, d.version, t.id, -125, d.balance from t, d"
_DERIVED_SIDE = "select 1, 0, t.id, -125, 0 from t"
_TPS = re.compile(r"tps = ([0-9.]+)")
_THREADS = 2


class Limits:
    """LIMIT-H and LIMIT-N under pgbench, and the COPY floor, on a database of their own."""

    def __init__(self, ground: Ground, partners: int) -> None:
        self._ground = ground
        self._partners = partners
        self._url = ground.postgres.empty()
        with psycopg.connect(driver_url(self._url), autocommit=True) as connection:
            connection.execute(_TABLES)
            connection.execute(
                "insert into accounts select id, 0, 0 from generate_series(1, %s) id",
                (partners + 1,),
            )
            connection.execute("vacuum analyze")

    def stored(self, clients: int, seconds: float) -> float:
        """LIMIT-H: one transfer a statement, the hot merchant's balance stored in a row."""
        return self._pgbench(clients, seconds, _STORED, _STORED_SIDE)

    def derived(self, clients: int, seconds: float) -> float:
        """LIMIT-N: the same, the merchant's balance derived: its entry carries none."""
        return self._pgbench(clients, seconds, "", _DERIVED_SIDE)

    def copied(self, rows: int) -> float:
        """The COPY floor: rows a second into four bigints with a primary key, one commit."""
        ready = "".join(f"{n}\t{n}\t125\t{n}\n" for n in range(rows)).encode()
        with psycopg.connect(driver_url(self._url), autocommit=True) as connection:
            connection.execute("truncate copied")
            connection.execute("checkpoint")
            begin = time.perf_counter()
            with connection.cursor().copy("copy copied from stdin") as copy:
                copy.write(ready)
            return rows / (time.perf_counter() - begin)

    def _pgbench(self, clients: int, seconds: float, merchant: str, other_side: str) -> float:
        program = self._ground.program("pgbench", "postgresql")
        script = self._ground.folder / "limit.sql"
        script.write_text(
            _TRANSFER.format(last=self._partners + 1, merchant=merchant, other_side=other_side)
        )
        done = subprocess.run(
            [program, *self._arguments(script, clients, seconds)],
            capture_output=True,
            text=True,
            check=False,
        )
        found = _TPS.search(done.stdout)
        if done.returncode or not found:
            raise Absent(f"pgbench: {last_line(done)}")
        return float(found[1])

    def _arguments(self, script: Path, clients: int, seconds: float) -> list[str]:
        folder, name = socket_and_name(self._url)
        threads = min(clients, _THREADS)
        return [
            *("-h", folder, "-U", "postgres", "-n", "-M", "prepared"),
            *("-c", str(clients), "-j", str(threads), "-T", str(max(1, round(seconds)))),
            *("-f", str(script), name),
        ]


def executed_many(ground: Ground, rows: int) -> float:
    """The executemany floor: rows a second of four integers into SQLite, WAL, FULL, one commit."""
    url = ground.sqlite.empty()
    ready = [(n, n, 125, n) for n in range(rows)]
    try:
        with closing(sqlite3.connect(make_url(url).database or "")) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("create table copied (id integer primary key, a, b, c)")
            begin = time.perf_counter()
            with connection:
                connection.executemany("insert into copied values (?, ?, ?, ?)", ready)
            return rows / (time.perf_counter() - begin)
    finally:
        ground.sqlite.drop(url)
