"""When the books were last proved, and what that found; proved at once where they never were."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from commissions import ledger
from commissions.models import Program
from storefront import book_checks


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
    """Return the last verification of a program's books; without one, verify them now."""
    kept = book_checks.last(session, program)
    if kept is None:
        return _read(ledger.verify(session, program), now)
    return Checked(
        kept.checked_at,
        kept.transfers,
        tuple((fault["check"], fault["detail"]) for fault in kept.faults),
    )


def _read(report: ledger.Report, at: datetime) -> Checked:
    findings = tuple((one.check, one.detail) for one in report.findings)
    return Checked(at, report.transfers, findings)
