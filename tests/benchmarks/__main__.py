"""``make bench``: measures the rows, prints a table or one JSON object a line.

What people are told on the way goes to standard error, and so does the table beside ``--json``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from storefront import memory
from tests.benchmarks import machine, report, rounds
from tests.benchmarks.ground import Absent, Ground
from tests.benchmarks.registry import ALL
from tests.benchmarks.rounds import Taken, Verdict
from tests.benchmarks.rows import Row


@click.command()
@click.option("--row", "names", multiple=True, metavar="NAME", help="Measure this row alone.")
@click.option("--list", "listed", is_flag=True, help="List the rows.")
@click.option("--json", "json_", is_flag=True, help="One JSON object a line on standard output.")
@click.option("--long", "with_long", is_flag=True, help="Rows of a million and more, too.")
@click.option("--peers", type=click.Path(path_type=Path), help="The peers' environment.")
@click.option("--scale", type=float, default=1.0, hidden=True, help="Smaller, for trying out.")
def main(
    *,
    names: Sequence[str],
    listed: bool,
    json_: bool,
    with_long: bool,
    peers: Path | None,
    scale: float,
) -> None:
    """Measure Hoahong against its peers and the limits, both sides in turn in one run."""
    rows = chosen(names, with_long=with_long)
    if listed:
        for row in ALL:
            click.echo(f"{row.name:16} {row.title}{' (--long)' if row.is_long else ''}")
        return
    memory.collect_seldom()  # as every program of ours does at its start
    told = report.console(to_stderr=True)
    verdicts = []
    with _ground(peers, scale) as ground:
        machine.tell(ground, told)
        for row in rows:
            for verdict in _measured(ground, row, told):
                verdicts.append(verdict)
                if json_:
                    click.echo(report.as_json(verdict))
    report.print_table(verdicts, report.console(to_stderr=json_))


def chosen(names: Sequence[str], *, with_long: bool) -> list[Row]:
    """Return the rows to measure: those named, or all; raises UsageError for a name of none."""
    unknown = {*names} - {row.name for row in ALL}
    if unknown:
        raise click.UsageError(f"There is no row {min(unknown)}: --list names them.")
    if names:
        return [row for row in ALL if row.name in names]
    return [row for row in ALL if with_long or not row.is_long]


@contextmanager
def _ground(peers: Path | None, scale: float) -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="hoahong-bench-") as folder:
        ground = Ground(Path(folder), peers=peers, scale=scale)
        try:
            yield ground
        finally:
            ground.close()


def _measured(ground: Ground, row: Row, told: Console) -> list[Verdict]:
    """Measure a row and say how quiet the machine was; one that can't be measured says why."""
    told.rule(f"{row.name}: {row.title}")
    noise = machine.Noise()
    try:
        with row.prepare(ground) as sides:
            told.print(f"  ready after {noise.seconds():.0f} s", highlight=False)
            return rounds.measure(row, sides, lambda said: told.print(f"  {said}", highlight=False))
    except Absent as fault:
        told.print(f"  not measured: {fault}")
        return rounds.judge(row, Taken(absent={row.name: str(fault)}))
    except Exception as fault:  # noqa: BLE001 -- whatever happens to one row, the rest is shown
        taken = Taken()
        told.print(f"  not measured: {taken.fail(row.name, fault)}")
        return rounds.judge(row, taken)
    finally:
        told.print(f"  {noise.told()}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
