"""``hoahong ledger`` and ``hoahong statements``: prove, show and hand out the books."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import click

from commissions import exports, ledger, programs
from commissions import statements as engine_statements
from commissions.ledger.chart import PARTNER_ROLES, grows_by_credit
from commissions.money import Money
from commissions.statements import MonthStatement
from storefront import clock, database, verification
from storefront.cli.connection import engine_from_env
from storefront.cli.output import (
    InstantType,
    OutType,
    TextType,
    as_json,
    every_row,
    most_rows,
    plain,
    program_code,
    progress,
    table,
    tell,
)

_OUT = OutType(allow_dash=True)
_any_program = click.option("--program", "program_code", type=TextType(), help="Only this program.")


@click.group("ledger")
def ledger_group() -> None:
    """The books."""


@ledger_group.command()
@_any_program
@as_json
def verify(*, program_code: str | None, json_: bool) -> None:
    """Prove the books from their rows alone, and keep the result; exit 1 when they don't hold."""
    engine = engine_from_env()
    with progress(json_=json_) as advance:
        report = verification.verify(engine, program_code, now=clock.read(engine), advance=advance)
    tell(
        {**plain(report), "balanced": report.balanced},
        f"{report.transfers:,} transfers, {report.entries:,} entries,"
        f" {report.accounts:,} accounts, {report.seals:,} seals",
        *(f"{finding.check}: {finding.detail}" for finding in report.findings),
        f"books: {'balanced' if report.balanced else 'BROKEN'}",
        json_=json_,
    )
    if not report.balanced:
        sys.exit(1)


@ledger_group.command()
@program_code
@click.option("--as-of", type=InstantType(), help="Balances at an instant; now unless given.")
@every_row
@as_json
def balance(*, program_code: str, as_of: datetime | None, all_: bool, json_: bool) -> None:
    """Show every account's balance, and what they come to."""
    with database.snapshot(engine_from_env()) as session:
        program = programs.find(session, program_code)
        listed = list(ledger.balances(session, program, as_of=as_of))
        currency = program.currency
    totals = _totals(listed)
    if json_:
        data = {"program": program_code, "currency": currency, "accounts": listed}
        tell({**data, "totals": totals}, json_=True)
        return
    table(
        ("account", "partner", "balance"),
        [
            (one.role, one.partner_code, str(Money(one.balance_minor, currency)))
            for one in listed
            if one.balance_minor
        ],
        most=most_rows(all_=all_),
    )
    click.echo()
    table(
        ("in all", "balance"),
        [(_TOTALS[name], str(Money(amount, currency))) for name, amount in totals.items()],
    )


_TOTALS = {
    **{role: f"{role}, of all partners" for role in PARTNER_ROLES},
    "partners": "owed to partners",
    "house": "expense less cash, of the house",
}


def _totals(listed: Iterable[ledger.AccountBalance]) -> dict[str, int]:
    """Return what the accounts come to: by the partners' roles, theirs together, and the house's.

    The last two are the two sides of the same money, so they are equal.
    """
    totals = dict.fromkeys(_TOTALS, 0)
    for one in listed:
        if one.role in PARTNER_ROLES:
            totals[one.role] += one.balance_minor
            totals["partners"] += one.balance_minor
        else:
            totals["house"] += one.balance_minor * (-1 if grows_by_credit(one.role) else 1)
    return totals


@ledger_group.command()
@_any_program
@click.option("--format", "format_", type=click.Choice(["beancount", "hledger"]), required=True)
@click.option("--out", type=_OUT, required=True, help="The file to write; - for standard output.")
@as_json
def export(*, program_code: str | None, format_: str, out: Path, json_: bool) -> None:
    """Write the books as text that other programs verify."""
    write: Callable[..., Iterator[str]] = getattr(exports, format_)
    with (
        database.snapshot(engine_from_env()) as session,
        _writing(out) as stream,
        progress(json_=json_ or _is_shown(stream)) as advance,
    ):
        chosen = (
            [programs.find(session, program_code)] if program_code else programs.everyone(session)
        )
        lines = 0
        for line in write(session, chosen, advance=advance):
            stream.write(line)
            lines += 1
    if str(out) != "-":
        done = {"file": str(out), "format": format_, "lines": lines}
        tell(done, f"{out}: {lines:,} lines for {format_}.", json_=json_)


@click.group()
def statements() -> None:
    """What partners earned."""


@statements.command("export")
@program_code
@click.option("--by", "grouping", type=click.Choice(["partner,month"]), default="partner,month")
@click.option("--format", "format_", type=click.Choice(["csv", "json"]), default="csv")
@click.option("--out", type=_OUT, required=True, help="The file to write; - for standard output.")
@as_json
def export_statements(
    *, program_code: str, grouping: str, format_: str, out: Path, json_: bool
) -> None:
    """Write every month of every partner, in minor units."""
    del grouping  # the only one there is
    with (
        database.snapshot(engine_from_env()) as session,
        _writing(out) as stream,
        progress(json_=json_ or _is_shown(stream)) as advance,
    ):
        program = programs.find(session, program_code)
        rows = engine_statements.by_partner_and_month(session, program, advance=advance)
        count = _WRITERS[format_](stream, rows)
    if str(out) != "-":
        tell({"file": str(out), "rows": count}, f"{out}: {count:,} rows.", json_=json_)


def _write_csv(stream: IO[str], rows: Iterable[MonthStatement]) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(MonthStatement._fields)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return count


def _write_json(stream: IO[str], rows: Iterable[MonthStatement]) -> int:
    listed = [row._asdict() for row in rows]
    json.dump(listed, stream, ensure_ascii=False, indent=1)
    stream.write("\n")
    return len(listed)


_WRITERS = {"csv": _write_csv, "json": _write_json}


def _is_shown(stream: IO[str]) -> bool:
    """Tell whether people read the file as it is written, so that a bar would stand in its way."""
    return stream is sys.stdout and stream.isatty()


@contextmanager
def _writing(out: Path) -> Iterator[IO[str]]:
    """Open the file to write: whole or not at all; ``-`` is standard output."""
    if str(out) == "-":
        yield sys.stdout
        return
    partial = out.with_name(f"{out.name}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
