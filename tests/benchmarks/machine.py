"""What the figures were measured on: versions, settings, sizes, and how quiet the machine was."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import time
from pathlib import Path

from rich.console import Console

from tests.benchmarks.ground import DURABLE, Absent, Ground, settings_of, sqlite_version

_SHOWN = (
    *DURABLE,
    "server_version",
    "shared_buffers",
    "wal_level",
    "max_wal_size",
    "autovacuum",
)
_OURS = ("SQLAlchemy", "psycopg", "Flask", "granian")
_PEERS = "django", "django-hordak", "django-oscar", "psycopg", "granian"
_GIB = 1 << 30


def tell(ground: Ground, console: Console) -> None:
    """Print what this run stands on."""
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    lines = [
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}; load {load}",
        f"Python {platform.python_version()}; {_versions_here()}",
        f"SQLite {sqlite_version()}: journal_mode WAL, synchronous FULL",
        f"PostgreSQL: {_postgresql(ground)}",
        f"peers: {_peers(ground)}",
        f"scale {ground.scale:g}: of 10,000 partners, {ground.number(10_000):,}",
    ]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _versions_here() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _OURS)


def _postgresql(ground: Ground) -> str:
    try:
        settings = settings_of(ground.postgres.empty())
    except Absent as fault:
        return str(fault)
    return ", ".join(f"{name} {settings[name]}" for name in _SHOWN)


def _peers(ground: Ground) -> str:
    code = (
        "import importlib.metadata as m;"
        f"print(', '.join(f'{{n}} {{m.version(n)}}' for n in {_PEERS!r}))"
    )
    try:
        command = [str(ground.peer_python()), "-c", code]
    except Absent as fault:
        return str(fault)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not as locked"


class Noise:
    """How long something took, and what others took from this machine meanwhile."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._before = _ticks()

    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.monotonic() - self._begin

    def told(self) -> str:
        """Say it."""
        after = _ticks()
        whole = sum(after) - sum(self._before) or 1
        idle, stolen = (after[i] - self._before[i] for i in (3, 7))
        return (
            f"{self.seconds():.0f} s; idle {idle / whole:.0%}, stolen {stolen / whole:.0%},"
            f" load {os.getloadavg()[0]:.1f}"
        )


def _ticks() -> list[int]:
    stat = Path("/proc/stat")
    if not stat.exists():
        return [0] * 8
    return [int(one) for one in stat.read_text().split("\n", 1)[0].split()[1:9]]
