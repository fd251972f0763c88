"""A referral link and a shop page under load, beside bare Flask apps and django-oscar."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from commissions.models import TouchRecord
from storefront import database
from tests.benchmarks import books, shop, web_load
from tests.benchmarks.ground import ROOT, Absent, Ground, WrongBooks, last_line
from tests.benchmarks.rows import Bar, Figures, Row, Sides
from tests.benchmarks.web_load import Loaded

_SECONDS = 5
_PRODUCTS = 5_000
_BARE = "tests.benchmarks.bare:app"
_OSCAR = "tests.benchmarks.peers.oscar_side"


class _Shop:
    """Our app on copies of the shop's database, and the bare one on the shop itself."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._seconds = ground.seconds(_SECONDS)
        products = ground.number(_PRODUCTS)
        self._url = ground.prepared("sqlite", "shop", lambda url: shop.open_shop(url, products))

    def ours(self, path: str, expected: str) -> Loaded:
        """Load a page of ours, and see that every answer's visit is stored."""
        url = self._ground.sqlite.copy(self._url)
        port = web_load.free_port()
        env = _settings(url, port)
        with web_load.served("wsgi:app", port, env=env) as address:
            _check(f"{address}{path}", expected)
            loaded = web_load.load(self._ground, f"{address}{path}", self._seconds)
        _drain(env)
        _check_touches(url, loaded.answered)
        books.verify(url)
        self._ground.sqlite.drop(url)
        return loaded

    def bare(self, path: str, expected: str) -> Loaded:
        """Load a page of the bare app."""
        env = {"HOAHONG_DATABASE_URL": self._url}
        with web_load.served(_BARE, port := web_load.free_port(), env=env):
            address = f"http://127.0.0.1:{port}{path}"
            _check(address, expected)
            return web_load.load(self._ground, address, self._seconds)


class _Oscar:
    """django-oscar with as many products, in the peers' environment; made when first asked for."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._folder = ground.folder / "oscar"

    def load(self) -> Loaded:
        """Load its product list."""
        python = str(self._ground.peer_python())
        env = {"OSCAR_FOLDER": str(self._folder)}
        if not self._folder.exists():
            self._folder.mkdir()
            products = str(self._ground.number(_PRODUCTS))
            _run([python, "-m", _OSCAR, products], env, "django-oscar")
        port = web_load.free_port()
        with web_load.served(f"{_OSCAR}:application", port, env=env, python=python) as address:
            _check(f"{address}/catalogue/", "product_pod")
            return web_load.load(
                self._ground, f"{address}/catalogue/", self._ground.seconds(_SECONDS)
            )


def _settings(url: str, port: int) -> dict[str, str]:
    return {
        "HOAHONG_DATABASE_URL": url,
        "HOAHONG_SECRET_KEY": "a benchmark keeps no secrets, but signs all the same",
        "HOAHONG_BASE_URL": f"http://127.0.0.1:{port}",
        "HOAHONG_ENV": "development",
    }


def _drain(env: Mapping[str, str]) -> None:
    """Do what is due: clicks that still wait beside the database are loaded."""
    command = str(Path(sys.executable).with_name("hoahong"))
    _run([command, "jobs", "run", "--once"], env, "hoahong jobs run")


def _run(command: list[str], env: Mapping[str, str], what: str) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Absent(f"{what}: {last_line(done)}")


def _check(address: str, expected: str) -> None:
    """See that an address shows what it should, before it is loaded; raises Absent."""
    status, said = web_load.ask(address)
    if expected not in said:
        raise Absent(f"{address} answered {status} without {expected!r}")


def _check_touches(url: str, answered: int) -> None:
    with books.opened(url) as engine, database.snapshot(engine) as session:
        stored = session.scalar(select(func.count()).select_from(TouchRecord)) or 0
    if stored < answered:
        raise WrongBooks(f"{answered} visits were answered, {stored} are stored")


def _figures(name: str, loaded: Loaded) -> Figures:
    return {name: loaded.per_second, f"{name} p99": loaded.p99_ms}


@contextmanager
def _redirect(ground: Ground) -> Iterator[Sides]:
    made, path = _Shop(ground), f"/k/{shop.CODE}"
    yield {
        "ours": lambda: _figures("ours", made.ours(path, "/@mai")),
        "bare": lambda: _figures("bare", made.bare(path, "/@mai")),
    }


@contextmanager
def _page(ground: Ground) -> Iterator[Sides]:
    made, oscar = _Shop(ground), _Oscar(ground)
    yield {
        "ours": lambda: _figures("ours", made.ours(f"/@{shop.HANDLE}", "/p/rose-")),
        "bare": lambda: _figures("bare", made.bare("/page", "/p/rose-")),
        "django-oscar": lambda: _figures("oscar", oscar.load()),
    }


_SERVED = "granian, 2 workers, SQLite"

ROWS = (
    Row(
        "redirect",
        f"redirect /k/<code> with its click stored, {_SERVED}",
        _redirect,
        (
            Bar(
                f"redirect /k/<code> with its click stored, {_SERVED}",
                "ours",
                "bare",
                "bare Flask redirect",
                least=0.85,
                reach=4,
            ),
            Bar("its slowest of 100", "ours p99", "bare p99", "bare Flask redirect", unit="ms"),
        ),
    ),
    Row(
        "shop-page",
        f"shop page of 20 products with 5,000 in the database, {_SERVED}",
        _page,
        (
            Bar(
                f"shop page of 20 of 5,000 products, its visit stored, {_SERVED}",
                "ours",
                "bare",
                "bare Flask + SQLAlchemy + Jinja page",
                least=0.35,
            ),
            Bar("the same", "ours", "oscar", "django-oscar's product list", least=15),
            Bar("its slowest of 100", "ours p99", "bare p99", "bare page", unit="ms"),
        ),
    ),
)
