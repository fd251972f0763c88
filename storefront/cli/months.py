"""``hoahong periods`` and ``hoahong holds``: close months, and release what is due."""

from __future__ import annotations

from datetime import datetime

import click

from commissions import programs
from commissions.approval import Released
from commissions.errors import TimeInvalid
from commissions.money import Money
from commissions.periods import parse_month
from storefront import clock, database, months
from storefront import holds as due_holds
from storefront.cli.connection import engine_from_env
from storefront.cli.output import InstantType, TextType, as_json, program_code, progress, tell

_actor = click.option(
    "--by", "actor", type=TextType(), default="finance", show_default=True, help="Who does this."
)


@click.group()
def periods() -> None:
    """Calendar months."""


@periods.command()
@program_code
@click.option("--through", required=True, help="The last month to close, such as 2010-11.")
@_actor
@as_json
def close(*, program_code: str, through: str, actor: str, json_: bool) -> None:
    """Award bonuses, verify and seal every open month through the one given."""
    engine = engine_from_env()
    last = parse_month(through)
    with progress(json_=json_) as advance:
        closed = months.close_through(
            engine, program_code, last, now=clock.read(engine), actor=actor, advance=advance
        )
    with database.transaction(engine) as session:
        currency = programs.find(session, program_code).currency
    lines = [
        f"{month.month}: {month.bonuses:,} bonuses, {Money(month.bonus_minor, currency)};"
        f" {month.transfers:,} transfers sealed as {month.digest[:16]}"
        for month in closed
    ]
    tell({"closed": closed}, *(lines or ["Nothing to close."]), json_=json_)


@click.group()
def holds() -> None:
    """Money on hold."""


@holds.command()
@program_code
@click.option("--at", type=InstantType(), help="The instant of the run; now unless given.")
@_actor
@as_json
def release(*, program_code: str, at: datetime | None, actor: str, json_: bool) -> None:
    """Make ready what is due."""
    engine = engine_from_env()
    now = clock.read(engine)
    if at is not None and at > now:
        raise TimeInvalid(f"{at.isoformat()} lies ahead: release what is due by now at the latest.")
    with database.snapshot(engine) as session:
        currency = programs.find(session, program_code).currency
    with progress(json_=json_) as advance:
        steps = list(
            due_holds.release_due(engine, program_code, at=at or now, actor=actor, advance=advance)
        )
    released = Released(
        sum(step.commissions for step in steps), sum(step.amount_minor for step in steps)
    )
    total = Money(released.amount_minor, currency)
    tell(
        released,
        f"{released.commissions:,} commissions are ready, {total}.",
        json_=json_,
    )
