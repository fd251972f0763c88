"""The tables of accounts: users and the roles that they have."""

from __future__ import annotations

from typing import Any

from flask_security import RoleMixin, UserMixin, verify_password
from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commissions.models import Base
from commissions.models.base import ID, Code, Id, RecordedAt, Text, Word

user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ID, ForeignKey("users.id"), primary_key=True),
    Column("role_id", ID, ForeignKey("roles.id"), primary_key=True),
)


class Role(RoleMixin, Base):
    """What a user may do; the names stand in ``storefront.access``."""

    __tablename__ = "roles"

    id: Mapped[Id]
    name: Mapped[Word] = mapped_column(unique=True)
    description: Mapped[Text | None]


class User(UserMixin, Base):
    """A person who signs in; ``partner_id`` says whose desk a partner's account opens.

    ``email`` is lower case and names the person in the books: it never changes hands.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email"),)

    id: Mapped[Id]
    email: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Text]
    password: Mapped[Text | None]
    active: Mapped[bool] = mapped_column(Boolean)
    fs_uniquifier: Mapped[Code] = mapped_column(unique=True)
    partner_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    language: Mapped[Word | None]
    face: Mapped[Word | None]
    recorded_at: Mapped[RecordedAt]

    roles: Mapped[list[Any]] = relationship(Role, secondary=user_roles, lazy="selectin")

    def verify_and_update_password(self, password: str) -> bool:
        """Tell whether a password is the user's; sign-in only reads, so no hash is renewed here."""
        return self.password is not None and bool(verify_password(password, self.password))
