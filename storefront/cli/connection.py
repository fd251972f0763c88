"""The database that the environment names, for commands."""

from __future__ import annotations

import click
from sqlalchemy import Engine, inspect

from commissions.errors import HoahongError
from storefront import database
from storefront.settings import database_url


class DatabaseBehind(HoahongError):
    """The database lacks revisions that the code needs."""


def open_engine(url: str) -> Engine:
    """Return an engine that lets go of its connections when the command ends."""
    engine = database.make_engine(url)
    click.get_current_context().call_on_close(engine.dispose)
    return engine


def engine_from_env() -> Engine:
    """Return the engine of HOAHONG_DATABASE_URL; raises DatabaseBehind when it isn't brought up."""
    engine = open_engine(database_url())
    revision, newest = database.revisions(engine)
    if revision != newest:
        raise DatabaseBehind(
            f"The database {standing(engine, revision)}, the code needs {newest}:"
            " run `hoahong db upgrade` first."
        )
    return engine


def standing(engine: Engine, revision: str | None) -> str:
    """Return where a database stands, in words that follow its name."""
    if revision is not None:
        return f"is at revision {revision}"
    if inspect(engine).get_table_names():
        return "has tables and no revision"
    return "is empty"
