"""What the tests of the edges may ask for besides: a database to bring up, and the retail case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import retail_oracle
from tests.databases import Databases
from tests.retail_oracle import Oracle
from tests.storefront.web import app, browser, new_browser, shop_engine

__all__ = ["app", "browser", "new_browser", "shop_engine"]  # fixtures, by being here


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """The URL of a database without tables that is this test's own."""
    url = databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def oracle(data_dir: Path) -> Oracle:
    """What the retail case must come to, computed from its rules alone."""
    return retail_oracle.compute(data_dir)
