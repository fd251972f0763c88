"""The story that every journey tells: a program of ten percent, and Mai who promotes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_program
from tests.story import Story


@pytest.fixture
def story(session: Session) -> Iterator[Story]:
    """A program with Mai as its KOC; whatever a journey does, its books hold at the end."""
    told = Story(session, make_program(session))
    told.enrol("mai")
    yield told
    assert told.books_hold()
