"""Users and their roles: made, changed and shut out by hand or by the demo; never by themselves."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import NamedTuple

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.errors import Conflict, Invalid, NotFound
from commissions.models import Partner, Program
from storefront.access import PARTNER, ROLES
from storefront.accounts.models import Role, User

_SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 128


class UserConflict(Conflict):
    """A user with this mail exists already."""


class UserUnknown(NotFound):
    """Nobody signs in with this mail."""


class Listed(NamedTuple):
    """A user as a list shows them; ``partner`` is the program's code and the partner's."""

    email: str
    name: str
    roles: tuple[str, ...]
    partner: str | None
    active: bool


def hashed(password: str) -> str:
    """Return an argon2id hash; takes a tenth of a second, so never inside a transaction."""
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise Invalid(
            f"A password has {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} signs: choose another."
        )
    return PasswordHasher().hash(password)


def create(
    session: Session,
    email: str,
    *,
    name: str,
    password_hash: str,
    roles: Iterable[str],
    partner_id: int | None = None,
    language: str | None = None,
) -> User:
    """Create a user; raises UserConflict when the mail is taken, Invalid for roles that clash."""
    wanted = set(roles)
    _check(email, wanted, partner_id)
    email = email.strip().lower()
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise UserConflict(f"There is a user {email} already: choose another mail.")
    user = User(
        email=email,
        name=name,
        password=password_hash,
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        partner_id=partner_id,
        language=language,
        roles=[_role(session, one) for one in sorted(wanted)],
    )
    session.add(user)
    session.flush()
    return user


def listed(session: Session) -> list[Listed]:
    """Return everybody who signs in, by mail."""
    rows = session.execute(
        select(User, Program.code, Partner.code)
        .outerjoin(Partner, Partner.id == User.partner_id)
        .outerjoin(Program, Program.id == Partner.program_id)
        .order_by(User.email)
    )
    return [
        Listed(
            user.email,
            user.name,
            tuple(sorted(role.name for role in user.roles)),
            f"{program}/{partner}" if partner else None,
            user.active,
        )
        for user, program, partner in rows
    ]


def find(session: Session, email: str) -> User:
    """Return the user with a mail; raises UserUnknown."""
    email = email.strip().lower()
    user = session.scalar(select(User).where(User.email == email).with_for_update())
    if user is None:
        raise UserUnknown(f"There is no user {email}: `hoahong user list` shows who there is.")
    return user


def set_password(session: Session, email: str, *, password_hash: str) -> User:
    """Give a user another password; whoever is signed in with the old one is signed out."""
    user = find(session, email)
    user.password = password_hash
    _sign_out(user)
    session.flush()
    return user


def set_active(session: Session, email: str, *, active: bool) -> User:
    """Let a user in, or shut them out; who is shut out is signed out at once, everywhere."""
    user = find(session, email)
    user.active = active
    if not active:
        _sign_out(user)
    session.flush()
    return user


def _sign_out(user: User) -> None:
    """End a user's sessions: their cookies name somebody who is no more."""
    user.fs_uniquifier = uuid.uuid4().hex


def _check(email: str, roles: set[str], partner_id: int | None) -> None:
    local, at, domain = email.strip().partition("@")
    if not (local and at and domain) or not email.isprintable():
        raise Invalid(f"{email!r} is no mail address: write it like name@shop.example.")
    if not roles or roles - set(ROLES):
        raise Invalid(f"Give at least one role, of {', '.join(ROLES)}.")
    if (PARTNER in roles) != (partner_id is not None):
        raise Invalid("A user with the role partner belongs to one partner; no other does.")


def _role(session: Session, name: str) -> Role:
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name)
        session.add(role)
    return role
