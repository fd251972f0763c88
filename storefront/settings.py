"""Settings from the environment, checked when the program starts.

Commands need the database alone; the web app needs all of them and refuses to start without.
Clicks wait in a folder that belongs to one database: those of another would find other partners.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from commissions.errors import HoahongError

_DRIVERS = ("sqlite", "postgresql+psycopg")
_SHORTEST_SECRET = 32
_SPOOL_MB, _LEAST_SPOOL_MB, _MOST_SPOOL_MB = 64, 2, 65_536
_MB = 1024 * 1024
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
    ``spool`` is the folder in which clicks wait, ``spool_mb`` how much of them may.
    """

    database_url: str
    secret_key: str = field(repr=False)
    environment: Environment = Environment.DEVELOPMENT
    base_url: str = "http://127.0.0.1:8000"
    payments: str = TEST
    spool: Path | None = None
    spool_mb: int = _SPOOL_MB

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
            spool=spool_folder(environ),
            spool_mb=_spool_mb(environ.get("HOAHONG_SPOOL_MB", str(_SPOOL_MB))),
        )

    @property
    def is_secure(self) -> bool:
        """Whether the shop is reached by https, so that cookies may insist on it."""
        return self.base_url.startswith("https://")

    @property
    def spool_folder(self) -> Path:
        """Where clicks wait until they are loaded."""
        return self.spool or spool_folder({"HOAHONG_DATABASE_URL": self.database_url})

    @property
    def spool_bytes(self) -> int:
        """How much may wait there."""
        return self.spool_mb * _MB


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Read HOAHONG_DATABASE_URL, all that commands need; raises SettingMissing."""
    return _database_url(environ.get("HOAHONG_DATABASE_URL", ""))


def spool_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the clicks of the environment's database wait.

    Beside an SQLite file, or in a folder of the database's own below HOAHONG_SPOOL or the state
    folder that the system gives to services and people. Raises SettingMissing without any.
    """
    url = make_url(database_url(environ))
    given = environ.get("HOAHONG_SPOOL") or environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if url.drivername == "sqlite" and url.database and not given:
        return Path(f"{url.database}.spool")
    return (Path(given) if given else _home(environ)) / f"clicks-{_own_name(url)}"


def _home(environ: Mapping[str, str]) -> Path:
    try:
        state = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    except RuntimeError:
        raise SettingMissing(
            "HOAHONG_SPOOL isn't set, and whoever runs this has no home: set it to a folder in"
            " which clicks may wait until they are loaded."
        ) from None
    return state / "hoahong"


def _own_name(url: URL) -> str:
    """Return a name that the database keeps when its user or password changes."""
    database = str(Path(url.database or "").resolve()) if url.host is None else url.database
    return hashlib.sha256(f"{url.host}:{url.port}/{database}".encode()).hexdigest()[:12]


def _spool_mb(text: str) -> int:
    if text.isascii() and text.isdigit() and _LEAST_SPOOL_MB <= int(text[:6]) <= _MOST_SPOOL_MB:
        return int(text)
    raise SettingMissing(
        f"HOAHONG_SPOOL_MB is {text!r}: set it to how many megabytes of clicks may wait,"
        f" {_LEAST_SPOOL_MB} to {_MOST_SPOOL_MB}."
    )


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
