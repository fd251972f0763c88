"""The spool's files: a folder of segments, each written by one process and read by one.

Decides where a click is written, and when there is no room; knows no database. A process holds
a lock on each of its segments as long as it lives: whoever gets it, has a dead one's segment.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

from commissions.errors import HoahongError
from storefront.spool.figures import Figures

SEGMENT_BYTES = 1024 * 1024
_ENDING = ".clicks"
_ASIDE = "set-aside.txt"
_OURS_ALONE = 0o600


class SpoolRefused(HoahongError):
    """A click can't be spooled: there is no room, or the folder can't be written."""


@dataclass(slots=True, eq=False)
class Segment:
    """One file: how much of it is whole lines, and how much of that is loaded."""

    path: Path
    file: int
    size: int = 0
    loaded: int = 0


class Spool:
    """The segments of this process in a folder, and the way to those that dead ones left."""

    _segments: list[Segment]
    _current: Segment | None
    """Where the next click is written."""

    def __init__(
        self, folder: Path, *, most_bytes: int, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """Know the folder; it is made when the first click comes."""
        self.folder = folder
        self.most_bytes = most_bytes
        self.figures = Figures()
        self.reading = threading.Lock()
        self._segment_bytes = min(segment_bytes, most_bytes)
        self._start_anew()
        _SPOOLS.add(self)

    def append(self, line: bytes) -> None:
        """Write a line, whole, before returning; raises SpoolRefused and leaves nothing of it."""
        try:
            with self._writing:
                self._append(line)
        except OSError as fault:
            self.figures.refused += 1
            raise SpoolRefused(f"{self.folder}: {fault.strerror}") from fault

    def own(self) -> list[Segment]:
        """Return this process's segments, the oldest first."""
        with self._writing:
            return [*self._segments]

    def left(self) -> Iterator[Segment]:
        """Yield the segments that dead processes left, each locked until it is let go."""
        for path in sorted(self.folder.glob(f"*{_ENDING}")):
            file = _open_and_lock(path, os.O_RDWR, wait=False)
            if file is not None:
                yield Segment(path, file, os.fstat(file).st_size)

    def retire(self, segment: Segment) -> None:
        """Remove a segment that is loaded whole; one that has grown meanwhile stays."""
        with self._writing:
            if segment.loaded < segment.size:
                return
            if segment is self._current:
                self._current = None
            if segment in self._segments:
                self._segments.remove(segment)
        segment.path.unlink(missing_ok=True)
        os.close(segment.file)
        self.figures.rotations += 1

    def let_go(self, segment: Segment) -> None:
        """Leave a dead process's segment to whoever comes next."""
        os.close(segment.file)

    def set_aside(self, line: bytes) -> None:
        """Keep a line that can't be loaded, for people to look at."""
        with (self.folder / _ASIDE).open("ab") as file:
            file.write(line + b"\n")
        self.figures.set_aside += 1

    def waiting_bytes(self) -> int:
        """Return how much waits in the folder, of all processes."""
        return sum(_size(path) for path in self.folder.glob(f"*{_ENDING}"))

    def count(self) -> int:
        """Return how many segments lie in the folder, of all processes."""
        return sum(1 for _ in self.folder.glob(f"*{_ENDING}"))

    def forget(self) -> None:
        """In a forked child: the segments are the parent's, and so is whoever holds the locks."""
        for segment in self._segments:
            os.close(segment.file)
        self.reading = threading.Lock()
        self.figures = Figures()
        self._start_anew()

    def _start_anew(self) -> None:
        self._writing = threading.Lock()
        self._segments = []
        self._current = None
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._begun = 0

    def _append(self, line: bytes) -> None:
        segment = self._current or self._begin()
        self._current = None  # unless all goes well: what is torn ends a segment
        if os.write(segment.file, line) != len(line):
            raise OSError(0, "no room for a whole line")
        segment.size += len(line)
        self.figures.spooled += 1
        if segment.size < self._segment_bytes:
            self._current = segment

    def _begin(self) -> Segment:
        """Begin a segment, as long as there is room for all of it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.waiting_bytes() + self._segment_bytes > self.most_bytes:
            self.figures.full += 1
            raise OSError(0, "the spool is full")
        self._begun += 1
        path = self.folder / f"{self._name}-{self._begun:06}{_ENDING}"
        file = None
        while file is None:  # whoever looks for dead ones' may remove it before it is locked
            file = _open_and_lock(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, wait=True)
        segment = Segment(path, file)
        self._segments.append(segment)
        return segment


def _open_and_lock(path: Path, flags: int, *, wait: bool) -> int | None:
    """Return an open file that is locked; None when another has the lock, or has removed it."""
    try:
        file = os.open(path, flags, _OURS_ALONE)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    if os.fstat(file).st_nlink:
        return file
    os.close(file)
    return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # loaded meanwhile
        return 0


_SPOOLS: WeakSet[Spool] = WeakSet()


def _forget_all() -> None:
    for spool in [*_SPOOLS]:
        spool.forget()


os.register_at_fork(after_in_child=_forget_all)
