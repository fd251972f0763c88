"""How commands speak: a table or lines for people, JSON for programs, progress for the patient."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from commissions.periods import aware
from commissions.progress import Advance, untold
from commissions.values import MAX_REFERENCE

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON object instead.")
every_row = click.option("--all", "all_", is_flag=True, help="Print every row of a long table.")

_MOST_ROWS = 30
_PLAIN_EVERY_S = 2.0


class InstantType(click.ParamType[datetime]):
    """An instant with its zone, such as 2010-12-31T00:00:00Z."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the instant, or say how to write one."""
        if isinstance(value, datetime):
            return value
        try:
            return aware(datetime.fromisoformat(str(value)))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no instant: write it like 2010-12-31T00:00:00Z.", param, ctx)


class TextType(click.ParamType[str]):
    """A text that can be kept: some printable signs, and no more than so many."""

    name = "text"

    def __init__(self, longest: int = MAX_REFERENCE) -> None:
        self._longest = longest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, or say what it may be."""
        text = str(value)
        if not 0 < len(text) <= self._longest or not text.isprintable():
            self.fail(f"give 1 to {self._longest} printable signs.", param, ctx)
        return text


class OutType(click.Path):
    """A file to write, in a folder that is there; ``-`` is standard output."""

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=False, allow_dash=allow_dash)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or say what stands in the way, before any work is done."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"there is no folder {str(path.parent)!r}: make it first.", param, ctx)
        return path


by_whom = click.option(
    "--by", "actor", type=TextType(), required=True, help="Who does this, for the records."
)
program_code = click.option(
    "--program", "program_code", type=TextType(), required=True, help="The program's code."
)


class LineOfRate(TextColumn):
    """The rate of a task: how many a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Any) -> Text:
        """Return the rate, once there is one."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


def tell(data: Any, *lines: str, json_: bool) -> None:
    """Print the data as one JSON object, or else the lines."""
    if json_:
        click.echo(json.dumps(plain(data), ensure_ascii=False))
        return
    for line in lines:
        click.echo(line)


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, most: int | None = None
) -> None:
    """Print a table, its first rows alone where ``most`` says so; numbers stand to the right."""
    shown = Table(*header, box=None, pad_edge=False, header_style="bold")
    every = [list(row) for row in rows]
    listed = every[:most]
    for index, column in enumerate(shown.columns):
        if listed and all(isinstance(row[index], int) for row in listed):
            column.justify = "right"
    for row in listed:
        shown.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    width = None if sys.stdout.isatty() else 200
    Console(file=sys.stdout, width=width, soft_wrap=False).print(shown)
    for line in left_out(len(every), most):
        click.echo(line)


def most_rows(*, all_: bool) -> int | None:
    """Return how many rows of a long table are printed; None for all of them."""
    return None if all_ else _MOST_ROWS


def left_out(count: int, most: int | None) -> list[str]:
    """Return the line that says how many rows aren't shown, if any."""
    return [f"and {count - most:,} more (--all)"] if most is not None and count > most else []


def plain(data: Any) -> Any:
    """Return data as JSON takes it: dataclasses and named tuples as objects, times as text."""
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        return {f.name: plain(getattr(data, f.name)) for f in dataclasses.fields(data)}
    if isinstance(data, tuple) and hasattr(data, "_asdict"):
        return plain(data._asdict())
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple, set, frozenset)):
        return [plain(item) for item in data]
    return data.isoformat() if isinstance(data, datetime) else data


@contextmanager
def progress(*, json_: bool) -> Iterator[Advance]:
    """Give a function that is told phase, done and total, and shows them as the place allows.

    A terminal gets a bar with rate and time left; anything else a plain line now and then, on
    standard error, so that the result on standard output stays alone.
    """
    if json_:
        yield untold
    elif sys.stderr.isatty():
        with _bars() as advance:
            yield advance
    else:
        yield _Lines()


@contextmanager
def _bars() -> Iterator[Advance]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        LineOfRate(),
        TimeRemainingColumn(),
    )
    # What goes to standard output goes there and nowhere else: it may be a file.
    with Progress(
        *columns, console=Console(stderr=True), redirect_stdout=False, redirect_stderr=False
    ) as bars:
        tasks: dict[str, Any] = {}

        def advance(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        yield advance


class _Lines:
    """Plain progress lines, at most one in a while and one at the end of a phase."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._shown = self._last = time.monotonic()

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        begun = self._begun.setdefault(phase, self._last)
        self._last = now
        if done != total and now - self._shown < _PLAIN_EVERY_S:
            return
        self._shown = now
        rate = done / (now - begun) if now > begun else 0.0
        of = f" of {total:,}" if total is not None else ""
        left = f", {(total - done) / rate:,.0f} s left" if total and rate else ""
        click.echo(f"{phase}: {done:,}{of}, {rate:,.0f}/s{left}", err=True)
