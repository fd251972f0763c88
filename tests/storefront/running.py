"""Running the command line as people do: in a process of its own, or in this one, which is fast."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storefront import cli

PROGRAM = Path(sys.executable).with_name("hoahong")
MEASURED = (
    "import resource, subprocess, sys\n"
    "code = subprocess.call(sys.argv[1:])\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
    "sys.exit(code)"
)
"""Between us and what is measured: a child's peak counts from the size of who starts it."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # noqa: ANN401  # reason: JSON is anything
        """What it printed, as one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def environment(url: str | None, **more: str) -> dict[str, str]:
    """Return our environment with the database in it, and without a terminal's wishes."""
    ours = {name: value for name, value in os.environ.items() if name != "HOAHONG_DATABASE_URL"}
    given = {} if url is None else {"HOAHONG_DATABASE_URL": url}
    return ours | given | {"PYTHONWARNINGS": "error", "TERM": "dumb"} | more


def run(url: str | None, *arguments: str | Path, folder: Path | None = None) -> Ran:
    """Run the installed program in a process of its own."""
    return _ran([PROGRAM, *arguments], environment(url), folder)


def run_measured(url: str, *arguments: str | Path, folder: Path) -> tuple[Ran, float]:
    """Run the installed program; return its peak of memory in MB, too."""
    command = [sys.executable, "-c", MEASURED, PROGRAM, *arguments]
    ran = _ran(command, environment(url), folder)
    *lines, peak_kb = ran.err.splitlines()
    return Ran(ran.code, ran.out, "\n".join(lines)), int(peak_kb) / 1024


def _ran(command: list[str | Path], environment_: Mapping[str, str], folder: Path | None) -> Ran:
    done = subprocess.run(
        command,
        env=environment_,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class Here:
    """The command line in this process: what ``main`` does, without the time to start."""

    def __init__(self, url: str | None, *, typed: str = "") -> None:
        """Know the database, and what is piped in."""
        self.url = url
        self.typed = typed

    def __call__(self, *arguments: str | Path) -> Ran:
        """Run one command."""
        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.setattr(sys, "argv", ["hoahong", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.StringIO(self.typed))
            patch.delenv("HOAHONG_DATABASE_URL", raising=False)
            if self.url is not None:
                patch.setenv("HOAHONG_DATABASE_URL", self.url)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def data(self, *arguments: str | Path) -> Any:  # noqa: ANN401  # reason: JSON is anything
        """Run one command with --json that has to do well; return what it says."""
        ran = self(*arguments, "--json")
        assert (ran.code, ran.err) == (0, ""), ran
        return ran.data
