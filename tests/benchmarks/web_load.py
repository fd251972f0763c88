"""A web server under load: granian with two workers, and wrk with 32 connections on loopback.

Each side is served and asked alike: same server, same number of processes and threads, a browser's
name, no cookies, so that every request is another visitor's.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from tests.benchmarks.ground import ROOT, Absent, Ground, last_line

WORKERS = 2
_THREADS = 1
_CONNECTIONS = 32
_WARM_UP_S = 1
_STARTS_S = 30
_STOPS_S = 20
_BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
_RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
_P99 = re.compile(r"99%\s+([0-9.]+)(us|ms|s)\b")
_ANSWERED = re.compile(r"(\d+) requests in")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_IN_MS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


class Loaded(NamedTuple):
    """What a server did under load; ``answered`` counts the warm-up too."""

    per_second: float
    p99_ms: float
    answered: int


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        """Take a redirect for the answer that it is."""


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(
    target: str, port: int, *, env: Mapping[str, str] | None = None, python: str = sys.executable
) -> Iterator[str]:
    """Serve an app on a port of loopback for the block; gives its address. Raises Absent."""
    command = [
        *(python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(WORKERS), "--blocking-threads", str(_THREADS)),
        *("--no-ws", "--log-level", "error", target),
    ]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(server, address)
            yield address
        finally:
            _stop(server)


def _wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + _STARTS_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            ask(f"{address}/never-there")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise Absent("the server didn't start")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_STOPS_S)
    except subprocess.TimeoutExpired:
        server.kill()


def ask(address: str) -> tuple[int, str]:
    """Ask once; return the status and the text of the answer."""
    request = urllib.request.Request(address, headers={"User-Agent": _BROWSER})  # noqa: S310 -- a server of ours, on loopback
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=_STARTS_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def load(ground: Ground, address: str, seconds: float) -> Loaded:
    """Ask an address as fast as it answers, after a warm-up; raises Absent without wrk."""
    warm = _wrk(ground, address, _WARM_UP_S)
    said = _wrk(ground, address, max(1, round(seconds)))
    return read(warm, said)


def read(warm: str, said: str) -> Loaded:
    """Return what wrk said of its two runs; raises Absent for answers that were errors."""
    refused = _REFUSED.search(said)
    if refused:
        raise Absent(f"{refused[1]} answers were errors")
    return Loaded(
        per_second=_found(_RATE, said),
        p99_ms=_milliseconds(said),
        answered=int(_found(_ANSWERED, warm) + _found(_ANSWERED, said)),
    )


def _wrk(ground: Ground, address: str, seconds: int) -> str:
    options = ("-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout", "10s")
    done = subprocess.run(
        [ground.program("wrk", "wrk"), *options, "-H", f"User-Agent: {_BROWSER}", address],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not _RATE.search(done.stdout):
        raise Absent(f"wrk: {last_line(done)}")
    return done.stdout


def _found(pattern: re.Pattern[str], said: str) -> float:
    found = pattern.search(said)
    return float(found[1]) if found else 0.0


def _milliseconds(said: str) -> float:
    found = _P99.search(said)
    return float(found[1]) * _IN_MS[found[2]] if found else 0.0
