"""django-hordak as a side: its database on our server, its programs in the peers' environment."""

from __future__ import annotations

import json
import os
import subprocess

from tests.benchmarks import clients
from tests.benchmarks.clients import Answer, ClientFailed
from tests.benchmarks.ground import ROOT, Absent, Ground, bytes_of, last_line, socket_and_name
from tests.benchmarks.rows import Figures

_SIDE = "tests.benchmarks.peers.hordak_side"
TABLES = ("hordak_transaction", "hordak_leg")


class Hordak:
    """A database of django-hordak's with its accounts; raises Absent when it can't be made."""

    def __init__(self, ground: Ground, partners: int) -> None:
        self._ground = ground
        self._partners = partners

    def transfer_to(self, count: int, seconds: float) -> Answer:
        """Post transfers one by one, from client processes that begin together."""
        url = self._fresh()
        commands = [self._command("client", seconds, seed) for seed in range(count)]
        try:
            return clients.run_together(commands, env=self._env(url))
        except ClientFailed as fault:
            raise Absent(f"django-hordak: {fault}") from fault
        finally:
            self._ground.postgres.drop(url)

    def bulk(self, count: int) -> Figures:
        """Write ready transfers by ``bulk_create`` in one transaction; return how many a second.

        Once from who and how much, and once for the writing alone.
        """
        url = self._fresh()
        try:
            return self._bulk(url, count)
        finally:
            self._ground.postgres.drop(url)

    def bytes_each(self, count: int) -> float:
        """Return what a transaction with its legs takes on the disk, with all indexes."""
        url = self._fresh()
        try:
            self._bulk(url, count)
            return bytes_of(url, *TABLES) / count
        finally:
            self._ground.postgres.drop(url)

    def _bulk(self, url: str, count: int) -> Figures:
        said = json.loads(self._run(url, "bulk", count))
        done = said["done"]
        return {"hordak": done / said["seconds"], "hordak writing": done / said["writing"]}

    def _fresh(self) -> str:
        template = self._ground.prepared_empty("hordak", self._set_up)
        return self._ground.postgres.copy(template)

    def _set_up(self, url: str) -> None:
        self._run(url, "setup", self._partners)

    def _command(self, *arguments: object) -> list[str]:
        return [str(self._ground.peer_python()), "-m", _SIDE, *(str(one) for one in arguments)]

    def _env(self, url: str) -> dict[str, str]:
        host, name = socket_and_name(url)
        return {"HORDAK_HOST": host, "HORDAK_NAME": name}

    def _run(self, url: str, *arguments: object) -> str:
        done = subprocess.run(
            self._command(*arguments),
            cwd=ROOT,
            env={**os.environ, **self._env(url)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Absent(f"django-hordak: {last_line(done)}")
        return done.stdout
