"""A visit becomes a touch: what is stored of it, and what the visitor's browser remembers.

Decides from what was asked and what the browser remembers, and asks no database: the same code
decides for the pages and for ``quick_links``. Who earns by it is the engine's business.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, cast

from flask import Flask, current_app, request

from commissions import clicks
from commissions.clicks import Visit
from commissions.models import Program
from commissions.repeats import is_repeat
from storefront import agents, clock, database, transactions, visits
from storefront.logs import log
from storefront.spool import lines
from storefront.spool.segments import Spool, SpoolRefused
from storefront.transactions import session
from storefront.visits import Memory


class Place(NamedTuple):
    """What can be touched: a partner's link, or their page."""

    program_id: int
    partner_id: int
    kind: str
    link_id: int | None = None


class Touched(NamedTuple):
    """What is stored of a visit, and what the browser remembers from now; None: as before."""

    visit: Visit
    memory: Memory | None


def init_app(app: Flask, spool: Spool) -> None:
    """Let an app write its clicks to a spool."""
    app.extensions["spool"] = spool


def spool_of(app: Flask) -> Spool:
    """Return the spool of an app."""
    return cast("Spool", app.extensions["spool"])


def decide(place: Place, memory: Memory | None, *, at: datetime, uncounted: str | None) -> Touched:
    """Return what becomes of a visit.

    The browser remembers nothing of what doesn't count, and the same again within an hour is the
    touch that it remembers already. Somebody new is called by the key of their first visit; whoever
    nobody sees gets no name.
    """
    key = clicks.new_key(at)
    visitor = memory.visitor if memory else None if uncounted else key
    visit = Visit(place.partner_id, at, place.kind, place.link_id, visitor, key, uncounted)
    last = memory.last if memory else None
    if visitor is None or uncounted or (last and is_repeat(visit.seen, of=last.seen)):
        return Touched(visit, None)
    return Touched(visit, Memory(visitor, visit))


def see(place: Place) -> None:
    """Store the visit that the request in hand makes, and let the browser remember it."""
    touched = decide(
        place,
        visits.memory(),
        at=clock.now(session),
        uncounted=agents.uncounted(request.environ),
    )
    _store(place.program_id, touched.visit)
    if touched.memory:
        visits.remember(touched.memory)


def _store(program_id: int, visit: Visit) -> None:
    """Spool a visit; without a spool it goes into the database, and the visitor waits for it."""
    try:
        spool_of(current_app).append(lines.write(program_id, visit))
    except SpoolRefused as refusal:
        log.warning("not spooled", error=str(refusal))
        with database.transaction(transactions.engine()) as writing:
            clicks.record(writing, writing.get_one(Program, program_id), [visit])
