"""Client processes that begin together: each says that it is ready, waits, works, and answers.

Ours and the peers' follow one protocol: ``ready`` on standard output, a line on standard input,
then one JSON object with ``done``, ``seconds`` and ``latencies_ms``.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import IO, NamedTuple

from tests.benchmarks.ground import ROOT

_TIMEOUT_S = 600


class ClientFailed(Exception):
    """A client process ended without an answer; the message is the last that it said."""


class Answer(NamedTuple):
    """What all clients did together; ``p99_ms`` is the worst client's."""

    per_second: float
    p99_ms: float


def run_together(
    commands: Sequence[Sequence[str]], *, env: Mapping[str, str] | None = None
) -> Answer:
    """Run client processes at the same time; raises ClientFailed."""
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        clients = [stack.enter_context(_started(command, errors, env)) for command in commands]
        for client in clients:
            if _line(client) != "ready":
                _fail(clients, errors)
        for client in clients:
            if client.stdin:
                client.stdin.write("go\n")
                client.stdin.flush()
        said = [client.communicate(timeout=_TIMEOUT_S)[0] for client in clients]
        if any(client.returncode for client in clients):
            _fail(clients, errors)
    return combined([json.loads(one) for one in said])


def _started(
    command: Sequence[str], errors: IO[str], env: Mapping[str, str] | None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )


def _line(client: subprocess.Popen[str]) -> str:
    return client.stdout.readline().strip() if client.stdout else ""


def _fail(clients: Sequence[subprocess.Popen[str]], errors: IO[str]) -> None:
    for client in clients:
        client.kill()
    errors.seek(0)
    lines = errors.read().strip().splitlines()
    raise ClientFailed(lines[-1] if lines else "a client ended and said nothing")


def combined(answers: Sequence[Mapping[str, float]]) -> Answer:
    """Add up rates; the tail is that of the worst client."""
    return Answer(
        per_second=sum(one["done"] / one["seconds"] for one in answers),
        p99_ms=max(one["p99_ms"] for one in answers),
    )
