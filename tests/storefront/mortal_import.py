"""Runs imports that die at a given commit, each in a process of its own.

Run as a program it reads a task in JSON from each line of its standard input, and answers with
the exit code of the process that did it. Processes are forked, for starting one takes a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import event

from storefront import database
from storefront.intake import importing, staging
from storefront.intake.importing import ImportRequest
from tests.storefront.shop import MAPPING

DIED = 75
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Task:
    """An import of ``orders.csv`` in a folder; it dies as it begins its commit of that number."""

    url: str
    folder: str
    dies_at: int | None = None


@contextmanager
def mortal_imports() -> Iterator[Callable[[Task], int]]:
    """Give a function that runs a task and returns how its process ended."""
    command = [sys.executable, "-m", "tests.storefront.mortal_import"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None

        def run(task: Task) -> int:
            asked.write(f"{json.dumps(asdict(task))}\n")
            asked.flush()
            return int(answered.readline())

        yield run
        asked.close()


def main() -> None:
    """Do the tasks of standard input."""
    staging.CHUNK = 5
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _run(Task(**json.loads(line)))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  # reason: the answer


def _run(task: Task) -> None:
    engine = database.make_engine(task.url)
    commits = iter(range(1, 1_000_000))

    def die(_connection: object) -> None:
        if next(commits) == task.dies_at:
            os._exit(DIED)

    event.listen(engine, "commit", die)
    folder = Path(task.folder)
    request = ImportRequest(folder / "orders.csv", MAPPING, folder / "referrals.csv", batch=3)
    importing.run(engine, "roses", request, actor="import")
    importing.write_rejects(engine, "roses", request, folder / "rejects.csv")
    engine.dispose()


if __name__ == "__main__":
    main()
