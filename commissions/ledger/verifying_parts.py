"""What every check of the books shares: a finding, a query with its sentence, a scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

Check = tuple[str, Select[Any]]
"""A sentence with the names of a query's columns, and the query that yields only faults."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: which promise is broken, where, and the figures."""

    check: str
    detail: str


def of_program(
    column: InstrumentedAttribute[int], scope: int | None
) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that keeps a query to one program; none for all of them."""
    return () if scope is None else (column == scope,)
