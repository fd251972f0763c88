"""Serving: one granian worker for the web app, and the due work beside it in the same program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from storefront import clock, database, jobs
from storefront.logs import log
from storefront.payout_run import RAILS

_EVERY_S = 60
_THREADS = 8


def serve(*, address: str, port: int, on_ready: Callable[[], None] | None = None) -> None:
    """Serve ``wsgi:app`` until told to stop; the environment holds its settings."""
    server = Granian(
        "wsgi:app",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
        websockets=False,
        log_enabled=False,
        working_dir=database.MIGRATIONS.parent,
    )
    if on_ready is not None:
        server.on_startup(on_ready)
    server.serve()


@contextmanager
def jobs_beside(engine: Engine, *, every_s: float = _EVERY_S) -> Iterator[None]:
    """Do what is due, again and again, while the body runs; clicks the web process loads itself."""
    stopped = threading.Event()
    worker = threading.Thread(target=_work, args=(engine, stopped, every_s), name="jobs")
    worker.start()
    try:
        yield
    finally:
        stopped.set()
        worker.join()


def _work(engine: Engine, stopped: threading.Event, every_s: float) -> None:
    while not stopped.wait(every_s):
        try:
            for done in jobs.run_once(engine, RAILS, now=clock.read(engine)):
                if done.refusal or done.balanced is False:
                    log.warning("jobs", **asdict(done))
        except DBAPIError as fault:  # the next scan finds what this one left
            log.warning("jobs", error=str(fault).splitlines()[0])
        except Exception:  # noqa: BLE001  # reason: without this thread nothing is released or paid
            log.exception("jobs")
