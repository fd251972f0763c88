"""``hoahong user``: the people who sign in: made, listed, shut out and let in again."""

from __future__ import annotations

import sys

import click

from commissions import partners, programs
from storefront import database
from storefront.access import ROLES
from storefront.accounts import users
from storefront.cli.connection import engine_from_env
from storefront.cli.output import TextType, as_json, table, tell
from storefront.i18n import LANGUAGES

_SEEN = "Others on this machine can see it in ps while the command runs: rather be asked."

mail = click.argument("mail", type=TextType())
given_password = click.option("--password", help=_SEEN)
piped_password = click.option(
    "--password-stdin", "is_piped", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """Users: who signs in, and as what."""


@user.command()
@mail
@click.option("--name", type=TextType(), required=True, help="How the person is called.")
@click.option(
    "--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="Repeatable."
)
@click.option("--program", "program_code", type=TextType(), help="The partner's program.")
@click.option("--partner", "partner_code", type=TextType(), help="The partner's code.")
@click.option("--language", type=click.Choice([*LANGUAGES]), help="What their pages speak.")
@given_password
@piped_password
@as_json
def create(
    *,
    mail: str,
    name: str,
    roles: tuple[str, ...],
    program_code: str | None,
    partner_code: str | None,
    language: str | None,
    password: str | None,
    is_piped: bool,
    json_: bool,
) -> None:
    """Create a user; asks for the password. The role partner takes --program and --partner."""
    engine = engine_from_env()
    # Before the transaction: a hash takes a tenth of a second, and writers would wait for it.
    password_hash = users.hashed(_password(password, is_piped=is_piped))
    with database.transaction(engine) as session:
        partner_id = None
        if program_code and partner_code:
            program = programs.find(session, program_code)
            partner_id = partners.find(session, program, partner_code).id
        made = users.create(
            session,
            mail,
            name=name,
            password_hash=password_hash,
            roles=roles,
            partner_id=partner_id,
            language=language,
        )
        data = {"id": made.id, "email": made.email, "roles": sorted(roles)}
    tell(data, f"{data['email']} can sign in as {', '.join(sorted(roles))}.", json_=json_)


@user.command(name="list")
@as_json
def show(*, json_: bool) -> None:
    """List who signs in, as what, and who is shut out."""
    engine = engine_from_env()
    with database.snapshot(engine) as session:
        found = users.listed(session)
    if json_:
        tell({"users": found}, json_=True)
        return
    table(
        ("mail", "name", "roles", "partner", "signs in"),
        [
            (one.email, one.name, ", ".join(one.roles), one.partner, "yes" if one.active else "no")
            for one in found
        ],
    )


@user.command(name="password")
@mail
@given_password
@piped_password
@as_json
def change_password(*, mail: str, password: str | None, is_piped: bool, json_: bool) -> None:
    """Give a user another password; asks for it, and signs them out everywhere."""
    engine = engine_from_env()
    password_hash = users.hashed(_password(password, is_piped=is_piped))
    with database.transaction(engine) as session:
        email = users.set_password(session, mail, password_hash=password_hash).email
    tell({"email": email}, f"{email} signs in with the new password from now on.", json_=json_)


@user.command()
@mail
@as_json
def disable(*, mail: str, json_: bool) -> None:
    """Shut a user out: signed out at once, and kept from signing in. The records stay."""
    _set_active(mail, active=False, json_=json_)


@user.command()
@mail
@as_json
def enable(*, mail: str, json_: bool) -> None:
    """Let a user who was shut out sign in again, with the same password."""
    _set_active(mail, active=True, json_=json_)


def _set_active(mail: str, *, active: bool, json_: bool) -> None:
    engine = engine_from_env()
    with database.transaction(engine) as session:
        email = users.set_active(session, mail, active=active).email
    told = "can sign in again" if active else "is signed out and can't sign in any more"
    tell({"email": email, "active": active}, f"{email} {told}.", json_=json_)


def _password(given: str | None, *, is_piped: bool) -> str:
    """Return the password that was given or piped, or else ask for it."""
    if given is not None and is_piped:
        raise click.UsageError("Give --password or --password-stdin, not both.")
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    if given is not None:
        return given
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
