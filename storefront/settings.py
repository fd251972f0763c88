"""Settings from the environment, checked when the program starts.

Commands need the database alone; the web app needs all of them and refuses to start without.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from commissions.errors import HoahongError

_DRIVERS = ("sqlite", "postgresql+psycopg")
_SHORTEST_SECRET = 32
TEST, NONE = _PAYMENTS = ("test", "none")


class SettingMissing(HoahongError):
    """A setting is missing or can't be right."""


class Environment(StrEnum):
    """Where the program runs: what may be relaxed, and whether real money may move."""

    DEVELOPMENT = "development"
    DEMO = "demo"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the web app is told by its environment.

    ``base_url`` is where people find the shop, without a slash at its end: links and QR codes
    begin with it. ``payments`` names how shoppers pay; with ``none`` nothing can be bought.
    """

    database_url: str
    secret_key: str = field(repr=False)
    environment: Environment = Environment.DEVELOPMENT
    base_url: str = "http://127.0.0.1:8000"
    payments: str = TEST

    def __post_init__(self) -> None:
        """Refuse what can't go together."""
        if self.environment is Environment.PRODUCTION and self.payments == TEST:
            raise SettingMissing(
                "HOAHONG_PAYMENTS is 'test', with which no money moves: production can't start"
                " with it. Set it to none, with which nothing can be bought here yet, or set"
                " HOAHONG_ENV=demo."
            )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; raises SettingMissing with what to set."""
        environment = _environment(environ.get("HOAHONG_ENV", "development"))
        return cls(
            database_url=database_url(environ),
            secret_key=_secret_key(environ.get("HOAHONG_SECRET_KEY", "")),
            environment=environment,
            base_url=_base_url(environ.get("HOAHONG_BASE_URL", "http://127.0.0.1:8000")),
            payments=_one_of("HOAHONG_PAYMENTS", environ.get("HOAHONG_PAYMENTS", TEST)),
        )

    @property
    def is_secure(self) -> bool:
        """Whether the shop is reached by https, so that cookies may insist on it."""
        return self.base_url.startswith("https://")


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Read HOAHONG_DATABASE_URL, all that commands need; raises SettingMissing."""
    return _database_url(environ.get("HOAHONG_DATABASE_URL", ""))


def _environment(text: str) -> Environment:
    try:
        return Environment(text)
    except ValueError:
        known = ", ".join(Environment)
        raise SettingMissing(f"HOAHONG_ENV is {text!r}: set it to one of {known}.") from None


def _secret_key(text: str) -> str:
    if len(text) < _SHORTEST_SECRET:
        raise SettingMissing(
            f"HOAHONG_SECRET_KEY is missing or shorter than {_SHORTEST_SECRET} signs: set it to a"
            " long random text and keep it, since it signs cookies and order links"
            " (python3 -c 'import secrets; print(secrets.token_hex(32))' makes one)."
        )
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise SettingMissing(
            f"HOAHONG_BASE_URL is {text!r}: set it to where people find the shop,"
            " such as https://shop.example."
        )
    return text.rstrip("/")


def _one_of(name: str, text: str) -> str:
    if text not in _PAYMENTS:
        raise SettingMissing(f"{name} is {text!r}: set it to one of {', '.join(_PAYMENTS)}.")
    return text


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
