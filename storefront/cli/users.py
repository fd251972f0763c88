"""``hoahong user``: make the people who sign in."""

from __future__ import annotations

import click

from commissions import partners, programs
from storefront import database
from storefront.access import ROLES
from storefront.accounts import users
from storefront.cli.connection import engine_from_env
from storefront.cli.output import TextType, as_json, tell
from storefront.i18n import LANGUAGES


@click.group()
def user() -> None:
    """Users: who signs in, and as what."""


@user.command()
@click.argument("email", type=TextType())
@click.option("--name", type=TextType(), required=True, help="How the person is called.")
@click.option(
    "--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="Repeatable."
)
@click.option("--program", "program_code", type=TextType(), help="The partner's program.")
@click.option("--partner", "partner_code", type=TextType(), help="The partner's code.")
@click.option("--language", type=click.Choice([*LANGUAGES]), help="What their pages speak.")
@click.password_option(help="Asked for when it isn't given.")
@as_json
def create(
    *,
    email: str,
    name: str,
    roles: tuple[str, ...],
    program_code: str | None,
    partner_code: str | None,
    language: str | None,
    password: str,
    json_: bool,
) -> None:
    """Create a user. The role partner takes --program and --partner."""
    engine = engine_from_env()
    # Before the transaction: a hash takes a tenth of a second, and writers would wait for it.
    password_hash = users.hashed(password)
    with database.transaction(engine) as session:
        partner_id = None
        if program_code and partner_code:
            program = programs.find(session, program_code)
            partner_id = partners.find(session, program, partner_code).id
        made = users.create(
            session,
            email,
            name=name,
            password_hash=password_hash,
            roles=roles,
            partner_id=partner_id,
            language=language,
        )
        data = {"id": made.id, "email": made.email, "roles": sorted(roles)}
    tell(data, f"{data['email']} can sign in as {', '.join(sorted(roles))}.", json_=json_)
