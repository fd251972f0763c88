"""Telling what was measured: a table for people, one JSON object a line for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from tests.benchmarks.rounds import Verdict
from tests.benchmarks.rows import Bar

_WIDTH = 168
_UNIT_OF_RATES = "/s"


def as_json(verdict: Verdict) -> str:
    """Return a verdict as one line of JSON."""
    said = {
        "row": verdict.row,
        "work": verdict.bar.work,
        "ours": verdict.ours,
        "reference": verdict.reference,
        "ratio": verdict.ratio,
        "bar": bar_text(verdict.bar),
        "met": verdict.met,
        "unit": verdict.bar.unit,
        "against": verdict.bar.against,
        "reach": verdict.bar.reach,
        "ours_rounds": verdict.ours_rounds,
        "reference_rounds": verdict.reference_rounds,
        "note": verdict.note,
    }
    return json.dumps(said, ensure_ascii=False)


def bar_text(bar: Bar) -> str:
    """Return what a bar asks for: a ratio, or an absolute figure."""
    sign, ratio = ("≥", bar.least) if bar.least is not None else ("≤", bar.most)
    if ratio is None:
        return ""
    if isinstance(bar.reference, str):
        return f"{sign} {ratio:g} ×"
    return f"{sign} {ratio * bar.reference:g} {bar.unit}"


def print_table(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print the table, and below it each row's rounds."""
    table = Table(title="Hoahong against peers and limits", show_lines=False)
    for name in ("work", "ours", "against", "reference", "ratio", "bar", "met", "reach"):
        numeric = name in {"ours", "reference", "ratio", "reach"}
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row, verdict in _with_breaks(verdicts):
        table.add_row(*_cells(verdict), end_section=row)
    console.print(table)
    for verdict in verdicts:
        console.print(_rounds(verdict), highlight=False, soft_wrap=True)


def _with_breaks(verdicts: Sequence[Verdict]) -> Iterable[tuple[bool, Verdict]]:
    following = [*[verdict.row for verdict in verdicts[1:]], ""]
    for verdict, after in zip(verdicts, following, strict=True):
        yield verdict.row != after, verdict


def _cells(verdict: Verdict) -> tuple[str, ...]:
    bar = verdict.bar
    met = {True: "[green]met[/]", False: "[red]NOT MET[/]", None: "–"}[verdict.met]
    if verdict.met is None and None in {verdict.ours, verdict.reference}:
        met = "[yellow]missing[/]"
    return (
        bar.work,
        figure(verdict.ours, bar.unit),
        bar.against,
        figure(verdict.reference, bar.unit) if isinstance(bar.reference, str) else "",
        "" if verdict.ratio is None else f"{verdict.ratio:.3g}",
        bar_text(bar),
        met,
        "" if bar.reach is None else f"{bar.reach:g}",
    )


def figure(value: float | None, unit: str) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{number}{unit}" if unit == _UNIT_OF_RATES else f"{number} {unit}"


def _rounds(verdict: Verdict) -> str:
    parts = [f"{verdict.row}: {verdict.bar.work}: {_listed(verdict.ours_rounds)}"]
    if verdict.reference_rounds:
        parts.append(f"{verdict.bar.against} {_listed(verdict.reference_rounds)}")
    if verdict.note:
        parts.append(verdict.note)
    return " | ".join(parts)


def _listed(rounds: Sequence[float]) -> str:
    return "(" + " ".join(f"{one:,.4g}" for one in rounds) + ")"


def console(*, to_stderr: bool) -> Console:
    """Return where people are told: beside the JSON, or in its place."""
    made = Console(stderr=to_stderr)
    return made if made.is_terminal else Console(stderr=to_stderr, width=_WIDTH)
