"""What every test of the engine may ask for."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.story import Story, begin


@pytest.fixture
def story(session: Session) -> Story:
    """A program that pays ten percent, with Mai as its KOC."""
    return begin(session)
