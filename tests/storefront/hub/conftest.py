"""The partner's desk in tests: the small shop with a past, and partners who sign in."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from storefront import database
from tests.storefront.hub import earned
from tests.storefront.web import KOCS, open_shop


@pytest.fixture
def shop_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with the small shop in it, where Linh has money in every state."""
    with database.transaction(engine) as session:
        earned.live(session, open_shop(session))
    for code, email in earned.PEOPLE.items():
        monkeypatch.setitem(KOCS, code, email)
    return engine
