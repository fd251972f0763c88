"""Two people at the desk: who builds a batch, and who approves it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.storefront.finance import paying
from tests.storefront.web import Browser


@pytest.fixture
def preparer(shop_engine: Engine, browser: Browser) -> Browser:
    """Who builds the batches."""
    paying.two_ready_one_on_hold(shop_engine)
    return browser.sign_in("preparer")


@pytest.fixture
def approver(preparer: Browser, new_browser: type[Browser]) -> Browser:
    """Who approves what the preparer has built."""
    return new_browser().sign_in("approver")  # type: ignore[call-arg]  # reason: a fixture's class
