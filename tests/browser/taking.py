"""Takes the README's pictures of the demo: ``make pictures``."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from storefront import create_app, database
from storefront.settings import Environment, Settings
from storefront.world import opening
from tests.browser.conftest import SECRET, chromium_path

FOLDER = Path(__file__).parent / "pictures"
PHONE: ViewportSize = {"width": 390, "height": 844}


def main() -> None:
    """Open a world, serve it, and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'world.sqlite3'}"
        database.upgrade(url)
        engine = database.make_engine(url)
        opened = opening.open_world(engine)
        app = create_app(Settings(url, SECRET, environment=Environment.DEMO))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        with sync_playwright() as playwright:
            path = chromium_path()
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            _take(browser, f"http://127.0.0.1:{server.port}", opened)
            browser.close()
        server.shutdown()
        serving.join()
        app.extensions["engine"].dispose()
        engine.dispose()


def _take(browser: Browser, base: str, opened: opening.Opened) -> None:
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, locale="vi-VN")
    page.goto(f"{base}/@{opened.handle}")
    _keep(page, "shop")
    page.goto(f"{base}/sign-in")
    page.fill("[name=email]", opened.logins[opened.handle])
    page.fill("[name=password]", opened.password)
    page.click("main form button")
    page.goto(f"{base}/hub/earnings")
    page.locator("details.opens[open]").first.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('details.opens[open]').scrollIntoView({block: 'center'})")
    _keep(page, "sum")


def _keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
