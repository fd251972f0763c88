"""``hoahong sales``: take in a shop's order export."""

from __future__ import annotations

from pathlib import Path

import click

from storefront.cli.connection import engine_from_env
from storefront.cli.output import OutType, TextType, as_json, plain, program_code, progress, tell
from storefront.intake import importing, mapping_file
from storefront.intake.importing import ImportRequest, ImportSummary

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def sales() -> None:
    """Sales of a shop."""


@sales.command("import")
@program_code
@click.option("--mapping", "mapping_path", type=_FILE, required=True, help="How to read the file.")
@click.option("--referrals", type=_FILE, help="CSV: which partner brought which buyer.")
@click.option("--no-referrals", is_flag=True, help="Nobody brought these buyers.")
@click.option("--rejects", type=OutType(), help="Where to write the rows that booked nothing.")
@click.option(
    "--by", "actor", type=TextType(), default="import", show_default=True, help="Who does this."
)
@click.argument("path", type=_FILE)
@as_json
def import_(
    *,
    program_code: str,
    mapping_path: Path,
    referrals: Path | None,
    no_referrals: bool,
    rejects: Path | None,
    actor: str,
    path: Path,
    json_: bool,
) -> None:
    """Book an order export; broken off, the same command goes on where it stopped."""
    if referrals and no_referrals:
        raise click.UsageError("Give --referrals or --no-referrals, not both.")
    engine = engine_from_env()
    request = ImportRequest(
        path, mapping_file.read(mapping_path), referrals, without_referrals=no_referrals
    )
    with progress(json_=json_) as advance:
        summary = importing.run(engine, program_code, request, actor=actor, advance=advance)
    if rejects is not None:
        importing.write_rejects(engine, program_code, request, rejects)
    warning = _warning(summary, request)
    tell(
        {**plain(summary), "warning": warning},
        f"{summary.file}: {summary.rows:,} rows, {summary.documents:,} documents;"
        f" new: {summary.sales_new:,} sales, {summary.returns_new:,} returns.",
        f"{summary.rejected_rows:,} rows were rejected, {summary.unmatched_rows:,} returned rows"
        " found too few pieces sold.",
        json_=json_,
    )
    if warning and not json_:
        click.echo(f"Warning: {warning}", err=True)


def _warning(summary: ImportSummary, request: ImportRequest) -> str | None:
    """Return what is to be said of new sales none of which earns anybody anything."""
    if not summary.sales_new or summary.sales_attributed:
        return None
    why = "referrals must be given with the import, give --referrals."
    if request.without_referrals:
        why = "they were imported with --no-referrals."
    elif request.referrals is not None:
        why = f"none of their buyers stands in {request.referrals.name}."
    return (
        f"0 of {summary.sales_new:,} sales were attributed; {why}"
        " What is booked so earns nobody anything, for good."
    )


@sales.command()
@program_code
@as_json
def abandon(*, program_code: str, json_: bool) -> None:
    """Give up what a broken-off import hasn't booked; what it booked stays."""
    files = importing.abandon(engine_from_env(), program_code)
    said = f"Given up: {', '.join(files)}." if files else "No import is unfinished."
    tell({"abandoned": files}, said, json_=json_)
