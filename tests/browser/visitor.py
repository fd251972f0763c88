"""A visitor in a browser, and what a page may never do: scroll sideways, complain, break a rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize

from tests.browser.conftest import Site

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
SIZES = {"phone": PHONE, "desk": DESK}
# What a headless browser says of itself is a program's word, and its visits earn nobody anything.
PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/{version} Safari/537.36"
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Visitor:
    """One context of the browser with one page, and all that the page complained of."""

    site: Site
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open an address of the site."""
        self.page.goto(self.site.url + path)
        return self.page

    def sign_in(self, who: str) -> Visitor:
        """Sign in as one of the world's people."""
        self.open("/sign-in")
        self.page.fill("[name=email]", self.site.logins[who])
        self.page.fill("[name=password]", self.site.password)
        self.page.click("main form button")
        assert "/sign-in" not in self.page.url, f"{who} couldn't sign in"
        return self

    def faults(self) -> list[str]:
        """Return what is wrong with the page in hand: for a screen reader, a phone, the console."""
        found = Axe().run(self.page, options=RULES)
        faults = [
            f"axe {one['id']}: {node['target']} {node['html'][:120]}"
            for one in found.response["violations"]
            for node in one["nodes"]
        ]
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            faults.append(f"the page scrolls sideways by {wide} px")
        faults += self.complaints
        self.complaints.clear()
        return faults


def visit(
    chromium: Browser, site: Site, *, size: str = "phone", colours: str = "light", **more: object
) -> Visitor:
    """Come as a new visitor; more are Playwright's options of a context."""
    context = chromium.new_context(
        viewport=SIZES[size],
        color_scheme=colours,  # type: ignore[arg-type]
        user_agent=PERSON.format(version=chromium.version),
        **{"locale": "vi-VN", "reduced_motion": "reduce", **more},  # type: ignore[arg-type]
    )
    page = context.new_page()
    visitor = Visitor(site, context, page)

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visitor.complaints.append(f"console: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda fault: visitor.complaints.append(f"script: {fault}"))
    context.set_default_timeout(10_000)
    return visitor
