"""What every test of the engine may ask for."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.commissions.verifiers import checker, small
from tests.story import Story, begin

__all__ = ["checker", "small"]  # fixtures, by being here


@pytest.fixture
def story(session: Session) -> Story:
    """A program that pays ten percent, with Mai as its KOC."""
    return begin(session)
