"""Serving: one granian worker for the web app, and the due work beside it in the same program."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from commissions.errors import HoahongError
from storefront import clock, database, jobs
from storefront.logs import log
from storefront.payout_run import RAILS

_EVERY_S = 60
_LAST_PORT = 65_535
_NEXT_PORTS = 100
_THREADS = 8


class PortTaken(HoahongError):
    """Somebody listens on the port already."""


class NowhereToListen(HoahongError):
    """The machine doesn't let the program listen there."""


def check_port(address: str, port: int, *, example: str) -> None:
    """Make sure that a port is free; ``example`` tells how to choose another, with ``{port}``.

    The server itself would share the port with whoever has it, and each request would reach one
    of the two. Raises PortTaken, NowhereToListen.
    """
    try:
        _listen(address, port)
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            reason = fault.strerror or str(fault)
            raise NowhereToListen(f"Nothing can listen on {address}:{port}: {reason}.") from fault
        other = example.format(port=_free_port_after(address, port))
        raise PortTaken(f"Port {port} is taken: choose another, such as {other}.") from fault


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


def _listen(address: str, port: int) -> None:
    """Listen on a port for a moment, and share it with nobody; raises OSError."""
    family, kind, _protocol, _name, place = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM
    )[0]
    with socket.socket(family, kind) as listener:
        # What a server that has just ended left behind is no reason to wait.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(1)


def _free_port_after(address: str, port: int) -> int:
    """Return the next port that is free, of those nearby."""
    for other in range(port + 1, min(port + _NEXT_PORTS, _LAST_PORT) + 1):
        try:
            _listen(address, other)
        except OSError:
            continue
        return other
    return 8000 if port > _LAST_PORT - _NEXT_PORTS else port + 1


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
