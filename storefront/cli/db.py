"""``hoahong db``: bring the database up, and check that it is what the code expects."""

from __future__ import annotations

import sys

import click

from storefront import database
from storefront.cli.connection import open_engine, standing
from storefront.cli.output import as_json, tell
from storefront.settings import database_url


@click.group()
def db() -> None:
    """The database."""


@db.command()
@as_json
def upgrade(*, json_: bool) -> None:
    """Make or bring up the tables."""
    url = database_url()
    database.upgrade(url)
    engine = open_engine(url)
    revision, _ = database.revisions(engine)
    tell({"revision": revision}, f"The database is at revision {revision}.", json_=json_)


@db.command()
@as_json
def check(*, json_: bool) -> None:
    """Compare the database with what the code expects; exit 1 when they differ."""
    engine = open_engine(database_url())
    revision, newest = database.revisions(engine)
    faults = database.drift(engine) if revision else []
    if revision != newest:
        where = standing(engine, revision)
        faults.insert(0, f"it {where}, not at revision {newest}: run `hoahong db upgrade`")
    found = {"revision": revision, "newest": newest, "faults": faults}
    if faults:
        tell(found, "The database isn't what the code expects:", *faults, json_=json_)
        sys.exit(1)
    tell(found, f"The database is at revision {revision}, as the code expects.", json_=json_)
