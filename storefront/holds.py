"""Releasing what is due, a thousand commissions a transaction.

What is due is decided in ``approval``. Broken off, what was released stays so, and the next run
goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine

from commissions import approval, programs
from commissions.approval import Released
from commissions.progress import Advance, untold
from storefront import database

STEP = 1_000
"""Commissions released in one transaction."""


def release_due(
    engine: Engine, program_code: str, *, at: datetime, actor: str, advance: Advance = untold
) -> Iterator[Released]:
    """Make ready what is due at an instant, and yield what each step released.

    Nothing happens until the steps are asked for. Raises ProgramUnknown, MonthSealed.
    """
    with database.snapshot(engine) as session:
        total = approval.count_due(session, programs.find(session, program_code), at=at)
    done = 0
    while done < total:
        with database.transaction(engine) as session:
            program = programs.find(session, program_code)
            released = approval.release(session, program, at=at, actor=actor, most=STEP)
        if not released.commissions:  # another worker released the rest
            return
        done += released.commissions
        advance("releasing", done, max(done, total))
        yield released
