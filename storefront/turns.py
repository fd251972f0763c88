"""Turns: on SQLite the writers of a process take one after the other, in the order they came.

SQLite lets one writer in at a time, and those who find the door shut try again and again after
naps that grow: with eight of them, unlucky ones waited for 1.9 s (p99). Here each waits for its
turn and is woken by the one before. Writers of other processes are still met at SQLite's own
door, which waits for a bounded time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from storefront import database_faults


class Turns:
    """A lock that is handed on to whoever has waited longest; nobody waits beyond a time."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn and keep it for the block; raises DatabaseBusy after a time."""
        self._take()
        try:
            yield
        finally:
            self._pass_on()

    def _take(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            door = threading.Lock()
            door.acquire()
            self._waiting.append(door)
        if not door.acquire(timeout=self._patience_s):
            self._give_up(door)

    def _give_up(self, door: threading.Lock) -> None:
        with self._guard:
            if door not in self._waiting:
                return  # the turn came in the very last moment
            self._waiting.remove(door)
        raise database_faults.busy()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
