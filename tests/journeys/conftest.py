"""The story that a journey tells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.story import Story, begin


@pytest.fixture
def story(session: Session) -> Iterator[Story]:
    """A program that pays ten percent, with Mai as its KOC; in the end its books hold."""
    told = begin(session)
    yield told
    assert told.books_hold()
