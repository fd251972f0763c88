"""Settings from the environment, checked when the program starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from commissions.errors import HoahongError

_DRIVERS = ("sqlite", "postgresql+psycopg")


class SettingMissing(HoahongError):
    """A setting is missing or can't be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the program is told by its environment."""

    database_url: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; raises SettingMissing with what to set."""
        return cls(database_url=_database_url(environ.get("HOAHONG_DATABASE_URL", "")))


def _database_url(text: str) -> str:
    if not text:
        message = (
            "HOAHONG_DATABASE_URL isn't set: set it to sqlite:///hoahong.sqlite3"
            " or postgresql+psycopg://user:password@host/name."
        )
        raise SettingMissing(message)
    try:
        driver = make_url(text).drivername
    except (ArgumentError, ValueError):
        driver = text.partition(":")[0]
        if driver in _DRIVERS:
            message = "HOAHONG_DATABASE_URL can't be read: write its port as a number."
            raise SettingMissing(message) from None
    if driver not in _DRIVERS:
        message = f"HOAHONG_DATABASE_URL begins with {driver!r}: use {' or '.join(_DRIVERS)}."
        raise SettingMissing(message)
    return text
