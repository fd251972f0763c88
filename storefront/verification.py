"""Verifying the books as they are at one moment, while others go on, and keeping the result."""

from __future__ import annotations

import time
from datetime import datetime

from sqlalchemy import Engine

from commissions import ledger, programs
from commissions.progress import Advance, untold
from storefront import book_checks, database


def verify(
    engine: Engine,
    program_code: str | None = None,
    *,
    now: datetime,
    advance: Advance = untold,
) -> ledger.Report:
    """Prove one program's books, or all of them; what was found is kept as of ``now``."""
    began = time.monotonic()
    with database.snapshot(engine) as session:
        program = programs.find(session, program_code) if program_code else None
        program_id = program.id if program else None
        report = ledger.verify(session, program, advance=advance)
    seconds = time.monotonic() - began
    with database.transaction(engine) as session:
        book_checks.keep(session, report, program_id=program_id, at=now, seconds=seconds)
    return report
