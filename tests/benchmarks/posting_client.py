"""One client of ours: posts one commission a transaction, from one thread or several.

Run as ``python -m tests.benchmarks.posting_client URL FIRST COUNT SECONDS THREADS``.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator

from sqlalchemy import Engine

from commissions import ledger
from commissions.ledger import Posting
from commissions.models import Program
from storefront import database, memory
from tests.benchmarks import timing
from tests.benchmarks.books import found_program, opened, postings


def poster(engine: Engine, program: Program, waiting: Iterator[Posting]) -> Callable[[], bool]:
    """Return the work: one transfer in a transaction of its own; False when none is left."""

    def work() -> bool:
        posting = next(waiting, None)
        if posting is None:
            return False
        with database.transaction(engine) as session:
            ledger.post(session, program, [posting])
        return True

    return work


def main(url: str, first: int, count: int, seconds: float, threads: int) -> None:
    """Get ready, wait for the others, post until time is up."""
    memory.collect_seldom()
    with opened(url) as engine:
        program = found_program(engine)
        with database.snapshot(engine) as session:
            ready = postings(session, range(first, first + count))
        work = [poster(engine, program, iter(ready[number::threads])) for number in range(threads)]
        for one in work:
            for _ in range(timing.WARM_UP):
                one()
        timing.wait_for_start()
        begin = time.perf_counter()
        latencies = _in_threads(work, seconds)
        timing.tell(latencies, time.perf_counter() - begin)


def _in_threads(work: list[Callable[[], bool]], seconds: float) -> list[float]:
    if len(work) == 1:
        return timing.timed(work[0], seconds)
    found: list[list[float]] = [[] for _ in work]

    def run(number: int) -> None:
        found[number] = timing.timed(work[number], seconds)

    running = [threading.Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return [latency for one in found for latency in one]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
