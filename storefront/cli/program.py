"""``hoahong program``: apply a program file after showing what it changes."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from commissions.errors import HoahongError
from storefront import database
from storefront.cli.connection import engine_from_env
from storefront.cli.output import as_json, tell
from storefront.intake import program_apply, program_file

_FILE = click.Path(path_type=Path, dir_okay=False)


class NotConfirmed(HoahongError):
    """Nobody said yes to the changes; nothing was applied."""


@click.group()
def program() -> None:
    """Programs: terms, plan, tiers, partners."""


@program.command("apply")
@click.argument("path", type=_FILE)
@click.option("--partners", "partners_path", type=_FILE, help="CSV with partners.")
@click.option("--yes", is_flag=True, help="Apply without asking.")
@as_json
def apply_(*, path: Path, partners_path: Path | None, yes: bool, json_: bool) -> None:
    """Show what a program file changes, and apply it; again it changes nothing."""
    engine = engine_from_env()
    document = program_file.read(path, partners=partners_path)
    with database.transaction(engine) as session:
        changes = program_apply.plan_changes(session, document)
    if not json_:
        click.echo("\n".join(changes.lines()))
    applied = not changes.none and (yes or _confirmed(json_=json_))
    if applied:
        with database.transaction(engine) as session:
            program_apply.apply(session, document)
    said = [] if changes.none else ["Applied." if applied else "Nothing was applied."]
    tell({**changes.as_json(), "applied": applied}, *said, json_=json_)


def _confirmed(*, json_: bool) -> bool:
    if json_ or not sys.stdin.isatty():
        raise NotConfirmed("Nothing was applied: pass --yes to apply these changes.")
    return click.confirm("Apply these changes?")
