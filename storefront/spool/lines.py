"""How a click is written down: one line, with a checksum that tells a torn or damaged one."""

from __future__ import annotations

import json
from datetime import datetime
from zlib import crc32

from commissions.clicks import Visit

_CHECKSUM = 8
# Made once: `json.dumps` makes one for each call.
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_DECODE = json.JSONDecoder().decode


class Damaged(ValueError):
    """A line isn't what was written."""


def write(program_id: int, visit: Visit) -> bytes:
    """Return the line of a visit to a program's partner."""
    text = _ENCODE(
        (
            program_id,
            visit.partner_id,
            visit.occurred_at.isoformat(),
            visit.kind,
            visit.link_id,
            visit.visitor,
            visit.key,
            visit.uncounted,
        )
    ).encode()
    return b"%08x%b\n" % (crc32(text), text)


def read(line: bytes) -> tuple[int, Visit]:
    """Return the program's id and the visit of a line without its end; raises Damaged."""
    checksum, text = line[:_CHECKSUM], line[_CHECKSUM:]
    if checksum != b"%08x" % crc32(text):
        raise Damaged("its checksum is another's")
    try:
        program_id, partner_id, at, kind, link_id, visitor, key, uncounted = _DECODE(text.decode())
        when = datetime.fromisoformat(at)
    except (ValueError, TypeError) as fault:
        raise Damaged("it isn't of this release") from fault
    return program_id, Visit(partner_id, when, kind, link_id, visitor, key, uncounted)
