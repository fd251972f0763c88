"""Clocks of the clients, ours and the peers'; needs the standard library alone."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

_HUNDREDTHS = 100
WARM_UP = 20


def p99(values: Sequence[float]) -> float:
    """Return what 99 of 100 values don't exceed."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=_HUNDREDTHS, method="inclusive")[-1]


def wait_for_start() -> None:
    """Say that this client is ready, and wait for the others."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def tell(latencies: Sequence[float], seconds: float) -> None:
    """Answer what this client did."""
    said = {"done": len(latencies), "seconds": seconds, "p99_ms": 1000 * p99(latencies)}
    sys.stdout.write(json.dumps(said) + "\n")


def timed(work: Callable[[], bool], seconds: float) -> list[float]:
    """Do a piece of work until time is up or it says that nothing is left; return its latencies."""
    latencies = []
    now = time.perf_counter()
    until = now + seconds
    while now < until and work():
        before, now = now, time.perf_counter()
        latencies.append(now - before)
    return latencies
