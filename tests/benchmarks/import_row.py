"""A year of a real shop taken in by the command line, beside Python's csv reading the same file."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import books
from tests.benchmarks.ground import ROOT, Absent, Ground, WrongBooks
from tests.benchmarks.rows import Bar, Figures, Row, Sides
from tests.conftest import data_folder

_ORDERS = "online-retail-2009-2010.csv.gz"
_PARTNERS = "online-retail-partners.csv"
_REFERRALS = "online-retail-referrals.csv"
_EXPECTED = "online-retail-expected.json"
_OURS = ROOT / "tests" / "data" / "retail"
_MB = 1_000_000


class _Year:
    """The file, and databases with its program; raises Absent without the real orders."""

    def __init__(self, ground: Ground) -> None:
        self._data = data_folder()
        if not (self._data / _ORDERS).is_file():
            raise Absent(f"THE REAL ORDERS ARE MISSING: set HOAHONG_DATA; looked in {self._data}")
        self._databases = ground.sqlite
        self._url = ground.prepared("sqlite", "retail", self._make)

    def _make(self, url: str) -> None:
        program, partners = str(_OURS / "program.toml"), str(self._data / _PARTNERS)
        _run(url, "program", "apply", program, "--partners", partners, "--yes")

    def take_in(self) -> Figures:
        """Import the whole file; return its seconds and its peak memory in MB."""
        url = self._databases.copy(self._url)
        try:
            begin = time.perf_counter()
            said, memory = _run(url, *self._import())
            seconds = time.perf_counter() - begin
            self._compare(json.loads(said))
            books.verify(url)
        finally:
            self._databases.drop(url)
        return {"import": seconds, "memory": memory}

    def _import(self) -> Sequence[str]:
        return (
            *("sales", "import", "--json", "--program", "retail"),
            *("--mapping", str(_OURS / "mapping.toml")),
            *("--referrals", str(self._data / _REFERRALS)),
            str(self._data / _ORDERS),
        )

    def _compare(self, said: dict[str, int]) -> None:
        expected = json.loads((self._data / _EXPECTED).read_text())
        wanted = (expected["rejected_total"], expected["sales"], expected["returns"])
        found = (said["rejected_rows"], said["sales_new"], said["returns_new"])
        if found != wanted:
            raise WrongBooks(f"rejected rows, sales, returns are {found}, not {wanted}")

    def read(self) -> Figures:
        """Read the packed file row by row with Python's csv; return the seconds."""
        begin = time.perf_counter()
        with gzip.open(self._data / _ORDERS, "rt", encoding="utf-8", newline="") as file:
            for _row in csv.reader(file):
                pass
        return {"csv": time.perf_counter() - begin}


def _run(url: str, *arguments: str) -> tuple[str, float]:
    """Run our command; return what it said and its peak memory in MB."""
    command = str(Path(sys.executable).with_name("hoahong"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.peak", command, *arguments],
        cwd=ROOT,
        env={**os.environ, "HOAHONG_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WrongBooks(f"hoahong {' '.join(arguments[:2])} ended with {done.returncode}")
    return done.stdout, int(done.stderr.split()[-1]) / _MB


@contextmanager
def _sides(ground: Ground) -> Iterator[Sides]:
    year = _Year(ground)
    yield {"import": year.take_in, "csv": year.read}


ROWS = (
    Row(
        "import",
        "import of the retail file by the command line, 525,461 lines, SQLite",
        _sides,
        (
            Bar(
                "import of the retail file, 525,461 lines, SQLite",
                "import",
                "csv",
                "Python's csv reading the .gz",
                unit="s",
                most=30,
                reach=18,
            ),
            Bar("its peak memory", "memory", 300, "absolute", unit="MB", most=1),
        ),
    ),
)
