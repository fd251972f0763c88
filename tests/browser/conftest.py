"""Real pages in a real browser: the demo's world, served on loopback, in headless Chromium.

``site``   the address of a demo's world of this test's own session; what tests change stays.
``chromium`` the browser; a test opens contexts of it, by size, colours and with scripts or not.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, sync_playwright
from sqlalchemy import Engine
from werkzeug.serving import make_server

from storefront import create_app, database
from storefront.settings import Environment, Settings
from storefront.world import opening
from tests.missing import missing

GIVEN_BROWSER = "HOAHONG_TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
SECRET = "a secret key for tests, long enough to sign with"


@dataclass(frozen=True)
class Site:
    """A served world: its address, its database and the logins of its people."""

    url: str
    engine: Engine
    logins: Mapping[str, str]
    password: str


def chromium_path() -> str | None:
    """Return where the system's Chromium lies."""
    return os.environ.get(GIVEN_BROWSER) or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo's world on SQLite, served from a thread."""
    url = f"sqlite:///{tmp_path_factory.mktemp('world') / 'world.sqlite3'}"
    database.upgrade(url)
    engine = database.make_engine(url)
    opened = opening.open_world(engine)
    app = create_app(Settings(url, SECRET, environment=Environment.DEMO))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield Site(f"http://127.0.0.1:{server.port}", engine, opened.logins, opened.password)
    server.shutdown()
    serving.join()
    server.server_close()
    app.extensions["engine"].dispose()
    engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; playwright's own downloads aren't used."""
    path = chromium_path()
    if path is None or not Path(path).exists():
        missing(f"Chromium (Debian: chromium; or set {GIVEN_BROWSER})")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as fault:
            missing(f"a Chromium that starts ({str(fault).splitlines()[0]})")
        yield browser
        browser.close()
