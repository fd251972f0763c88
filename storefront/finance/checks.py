"""When the books were last proved, and what that found."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from commissions import ledger
from commissions.models import Program


class Checked(NamedTuple):
    """A verification of a program's books: when, how much it read, what it found."""

    at: datetime
    transfers: int
    findings: tuple[tuple[str, str], ...]

    @property
    def balanced(self) -> bool:
        """Whether every promise held."""
        return not self.findings


def last(session: Session, program: Program, *, now: datetime) -> Checked:
    """Return the last verification of a program's books."""
    return verify(session, program, now=now)


def verify(session: Session, program: Program, *, now: datetime) -> Checked:
    """Prove a program's books from their rows."""
    report = ledger.verify(session, program)
    return Checked(now, report.transfers, tuple((one.check, one.detail) for one in report.findings))
