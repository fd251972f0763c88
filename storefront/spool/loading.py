"""Bringing spooled clicks into the database: in batches, by a thread beside each web process.

Decides when a segment is done with. A batch is a transaction, and the clicks' keys make it harmless
to load one again: so a process may die between a batch and its segment's end.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from commissions import clicks
from commissions.clicks import BOT, DUPLICATE, PREVIEW, Visit
from commissions.errors import HoahongError, NotFound
from commissions.models import Program
from storefront import database
from storefront.logs import log
from storefront.spool import lines
from storefront.spool.segments import Segment, Spool

EVERY_S = 1.0
_BATCH_BYTES = 256 * 1024
"""About 1,400 clicks a transaction."""
_REFUSALS = (HoahongError, IntegrityError, DataError, lines.Damaged)


def begin(engine: Engine, spool: Spool, *, every_s: float = EVERY_S) -> threading.Thread:
    """Load what waits again and again, as long as the process lives; children do it too."""
    thread = threading.Thread(target=_work, args=(engine, spool, every_s), name="clicks")
    thread.daemon = True  # what is left over is loaded by the next process
    thread.start()
    return thread


def load(engine: Engine, spool: Spool) -> int:
    """Load what this process has spooled and what dead ones left; return how many clicks.

    Raises DBAPIError when the database can't be asked: what waits goes on waiting.
    """
    before = spool.figures.loaded
    with spool.reading:
        for segment in spool.own():
            _load_segment(engine, spool, segment)
        for segment in spool.left():
            _adopt(engine, spool, segment)
    return spool.figures.loaded - before


def _work(engine: Engine, spool: Spool, every_s: float) -> None:
    pause, troubled = threading.Event(), False
    while not pause.wait(every_s):
        try:
            load(engine, spool)
            troubled = False
        except (DBAPIError, OSError) as fault:  # the next round finds what this one left
            if not troubled:
                log.warning("clicks wait", error=str(fault).splitlines()[0])
            troubled = True


def _adopt(engine: Engine, spool: Spool, segment: Segment) -> None:
    try:
        _load_segment(engine, spool, segment)
    except BaseException:
        spool.let_go(segment)
        raise
    spool.figures.adopted += 1


def _load_segment(engine: Engine, spool: Spool, segment: Segment) -> None:
    end = segment.size  # a live one grows meanwhile
    while segment.loaded < end:
        data = os.pread(segment.file, min(_BATCH_BYTES, end - segment.loaded), segment.loaded)
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:  # torn by a kill: it was never answered
            spool.figures.torn += 1
            segment.loaded = segment.size
            break
        _store(engine, spool, whole.splitlines())
        segment.loaded += len(whole)
    spool.retire(segment)


def _store(engine: Engine, spool: Spool, batch: Sequence[bytes]) -> None:
    """Store a batch; when something in it is refused, each click by itself."""
    try:
        stored = _record(engine, batch)
    except _REFUSALS as refusal:
        if len(batch) > 1:
            for line in batch:
                _store(engine, spool, [line])
            return
        log.warning("click set aside", error=str(refusal).splitlines()[0])
        spool.set_aside(batch[0])
        return
    figures = spool.figures
    figures.loaded += len(batch)
    figures.duplicates += stored[DUPLICATE]
    figures.bots += stored[BOT]
    figures.previews += stored[PREVIEW]


def _record(engine: Engine, batch: Sequence[bytes]) -> Counter[str | None]:
    """Record the clicks of some lines; return how many count, and how many don't and why."""
    by_program: dict[int, list[Visit]] = defaultdict(list)
    for line in batch:
        program_id, visit = lines.read(line)
        by_program[program_id].append(visit)
    stored = Counter[str | None]()
    with database.transaction(engine) as session:
        for program_id, visits in sorted(by_program.items()):
            program = session.get(Program, program_id)
            if program is None:
                raise NotFound(f"There is no program {program_id}.")
            stored.update(one.uncounted for one in clicks.record(session, program, visits))
    return stored
