"""The command line ``hoahong``: each command composes verbs, and prints for people or as JSON.

Decides nothing about money. Every refusal is one sentence and exit code 1.
"""

from __future__ import annotations

import json
import sys

import click
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError

from commissions.errors import HoahongError
from storefront import memory
from storefront.cli.books import ledger_group, statements
from storefront.cli.db import db
from storefront.cli.demo import demo
from storefront.cli.jobs import jobs
from storefront.cli.months import holds, periods
from storefront.cli.payouts import payouts
from storefront.cli.program import program
from storefront.cli.sales import sales
from storefront.cli.serve import serve
from storefront.cli.users import user


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hoahong")
def hoahong() -> None:
    """Commissions for a brand that sells through people.

    The database is named by HOAHONG_DATABASE_URL. Every command has --json.
    """


COMMANDS = (
    db,
    program,
    user,
    sales,
    periods,
    holds,
    payouts,
    statements,
    ledger_group,
    jobs,
    serve,
    demo,
)
for command in COMMANDS:
    hoahong.add_command(command)


def main() -> None:
    """Run the command line; a refusal is one sentence on standard error."""
    memory.collect_seldom()
    try:
        hoahong(standalone_mode=True)
    except HoahongError as refusal:
        _refuse(type(refusal).__name__, str(refusal))
    except DatabaseError as fault:
        if isinstance(fault, IntegrityError | DataError):
            raise  # what our own checks should have caught
        _refuse("DatabaseFault", _database_sentence(fault))
    except OSError as fault:
        _refuse("FileFault", f"{_file_of(fault)}: {fault.strerror}; check its path and its rights.")


def _refuse(name: str, sentence: str) -> None:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": name, "message": sentence}, ensure_ascii=False))
    else:
        click.echo(f"hoahong: {sentence}", err=True)
    sys.exit(1)


def _file_of(fault: OSError) -> str:
    return str(fault.filename) if fault.filename else "A file can't be used"


def _database_sentence(fault: DatabaseError) -> str:
    first = (str(fault.orig).strip().splitlines() or ["no reason given"])[0]
    if any(word in first for word in ("deadlock", "locked", "serialize")):
        return f"The database was busy: {first}. Nothing was changed; run the command again."
    return f"The database refused: {first}. Is it there, and brought up by `hoahong db upgrade`?"
