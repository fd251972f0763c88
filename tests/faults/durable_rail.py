"""A payout rail that outlives the process that calls it: what it paid is in a file of its own.

It pays each key once, and misbehaves as the destination says: "reply lost" pays and then breaks
off, "request lost" breaks off before it heard anything, both the first time only; "refused"
never pays. ``watch`` is told before and after each call; whoever watches may end the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from commissions.providers import Found, Outcome, OutcomeKind, PayoutOrder

REPLY_LOST, REQUEST_LOST, REFUSED = "reply lost", "request lost", "refused"

_TABLES = """
create table if not exists calls (key text not null);
create table if not exists payments (
    key text not null, amount integer not null, currency text not null, destination text not null
);
"""


class DurableRail:
    """Pays into a file; with ``idempotent=False`` as a bank would that knows no keys."""

    name = "test"

    def __init__(
        self, path: Path, watch: Callable[[str], None] = lambda _: None, *, idempotent: bool = True
    ) -> None:
        self._path, self._watch, self._idempotent = path, watch, idempotent
        with closing(self._open()) as file:
            file.executescript(_TABLES)

    def send(self, order: PayoutOrder) -> Outcome:
        self._watch("before send")
        first = self._heard(order)
        if first and order.destination.endswith(REQUEST_LOST):
            raise TimeoutError("the request was lost")
        if order.destination.endswith(REFUSED):
            return Outcome(OutcomeKind.REJECTED, reason="no such account")
        self._pay(order)
        self._watch("after send")
        if first and order.destination.endswith(REPLY_LOST):
            raise ConnectionError("the reply was lost")
        return Outcome(OutcomeKind.DONE, reference=f"rail-{order.key}")

    def find(self, order: PayoutOrder) -> Found:
        self._watch("before find")
        with closing(self._open()) as file:
            paid = file.execute("select 1 from payments where key = ?", (order.key,)).fetchone()
        self._watch("after find")
        return Found(OutcomeKind.ARRIVED if paid else OutcomeKind.MISSING)

    def payments(self) -> list[tuple[str, int, str]]:
        """Return all payments: key, amount, destination."""
        with closing(self._open()) as file:
            return file.execute("select key, amount, destination from payments").fetchall()

    def _heard(self, order: PayoutOrder) -> bool:
        """Note a call, and tell whether it is the first of its key."""
        with closing(self._open()) as file:
            known = file.execute("select 1 from calls where key = ?", (order.key,)).fetchone()
            file.execute("insert into calls values (?)", (order.key,))
        return known is None

    def _pay(self, order: PayoutOrder) -> None:
        row = (order.key, order.amount_minor, order.currency, order.destination)
        once = "where not exists (select 1 from payments where key = ?)"
        with closing(self._open()) as file:
            if self._idempotent:
                file.execute(f"insert into payments select ?, ?, ?, ? {once}", (*row, order.key))
            else:
                file.execute("insert into payments values (?, ?, ?, ?)", row)

    def _open(self) -> sqlite3.Connection:
        # Every statement is a transaction of its own, on the disk when it returns.
        return sqlite3.connect(self._path, isolation_level=None, timeout=60)
