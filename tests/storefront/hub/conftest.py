"""The partner's desk in tests: partners who sign in."""

from __future__ import annotations

import pytest

from tests.storefront.hub import earned
from tests.storefront.web import KOCS, Browser


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let browsers sign in as the distributor, and as the partner in dollars."""
    for code, email in earned.PEOPLE.items():
        monkeypatch.setitem(KOCS, code, email)


@pytest.fixture
def desk(browser: Browser) -> Browser:
    """Linh's browser, signed in."""
    return browser.sign_in("linh")
