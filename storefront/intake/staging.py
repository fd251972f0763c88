"""Staging: a file's rows go into a table, and its documents get their place in time.

Decides the order in which sales and returns are taken: by time, at equal times sales first, then
by first appearance in the file. Books nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.orm import Session

from commissions import sets
from commissions.errors import HoahongError
from commissions.progress import Advance
from storefront import database
from storefront.intake.models import ImportDocument, ImportReject, ImportRow, ImportRun
from storefront.intake.rows import Mapping, ParsedRow, parse_file

CHUNK = 10_000
"""Rows staged in one transaction."""

_TAKEN_OVER = "Another import of this program went on meanwhile: let one end, then run this again."


class ImportTakenOver(HoahongError):
    """Another process imports into the same program at the same time."""


class StagedRow(NamedTuple):
    """A row as it was staged; with a ``reason`` it was rejected."""

    row_no: int
    buyer: str | None
    email: str | None
    phone: str | None
    stock_code: str
    category: str | None
    quantity: int
    amount_minor: int
    reason: str | None


def identity_of(path: Path, mapping: Mapping, referrals: Path | None) -> str:
    """Return a digest of the file, its mapping and its referrals: the same import again."""
    hasher = hashlib.sha256(repr(mapping).encode())
    for one in (path, referrals):
        hasher.update(b"\x00")
        if one is not None:
            with one.open("rb") as stream:
                hasher.update(hashlib.file_digest(stream, "sha256").digest())
    return hasher.hexdigest()


def stage(engine: Engine, run_id: int, path: Path, mapping: Mapping, *, advance: Advance) -> None:
    """Read the file from where it broke off, and put its documents in order."""
    with database.transaction(engine) as session:
        done = _run(session, run_id).staged_rows
    rows = islice(parse_file(path, mapping), done, None)
    while chunk := list(islice(rows, CHUNK)):
        with database.transaction(engine) as session:
            _advance(session, run_id, done, done + len(chunk))
            _store(session, run_id, chunk)
        done += len(chunk)
        advance("reading", done, None)
    with database.transaction(engine) as session:
        _advance(session, run_id, done, done)
        _order_documents(session, run_id)


def lock_run(session: Session, run_id: int) -> ImportRun:
    """Return a run, locked; raises ImportTakenOver when another process dropped it."""
    run = session.get(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise ImportTakenOver(_TAKEN_OVER)
    return run


def _advance(session: Session, run_id: int, before: int, after: int) -> None:
    """Move a run on; raises ImportTakenOver when another process did, or dropped it."""
    moved = session.execute(
        update(ImportRun)
        .where(
            ImportRun.id == run_id, ImportRun.state == "staging", ImportRun.staged_rows == before
        )
        .values(staged_rows=after)
        .returning(ImportRun.id)
    ).first()
    if moved is None:
        raise ImportTakenOver(_TAKEN_OVER)


def documents(session: Session, run_id: int, *, after: int, limit: int) -> Sequence[ImportDocument]:
    """Return the next documents in the order in which they are taken."""
    return session.scalars(
        select(ImportDocument)
        .where(ImportDocument.run_id == run_id, ImportDocument.position > after)
        .order_by(ImportDocument.position)
        .limit(limit)
    ).all()


def rows_of(session: Session, run_id: int, references: Sequence[str]) -> dict[str, list[StagedRow]]:
    """Return all rows of documents in the file's order, the rejected ones too."""
    # On the connection: rows that pass through the ORM take twice as long.
    staged = ImportRow.__table__.c
    rows = session.connection().execute(
        select(staged.reference, *(staged[name] for name in StagedRow._fields))
        .where(staged.run_id == run_id, sets.among(session, ImportRow.reference, references))
        .order_by(staged.reference, staged.row_no)
    )
    found: dict[str, list[StagedRow]] = {reference: [] for reference in references}
    for reference, *row in rows.all():
        found[reference].append(StagedRow(*row))
    return found


def rejects(
    session: Session, program_id: int, identity: str
) -> Iterator[tuple[int, str, int | None]]:
    """Yield row number, reason, and pieces left over, by row number."""
    rows = session.execute(
        select(ImportReject.row_no, ImportReject.reason, ImportReject.left_over_quantity)
        .join(ImportRun, ImportRun.id == ImportReject.run_id)
        .where(ImportRun.program_id == program_id, ImportRun.identity == identity)
        .order_by(ImportReject.row_no),
        execution_options={"yield_per": 5_000},
    )
    for row in rows:
        yield row.row_no, row.reason, row.left_over_quantity


def count_rejects(session: Session, run_id: int) -> tuple[int, int]:
    """Return how many rows were rejected, and how many returned rows found too few sales."""
    rejected, unmatched = session.execute(
        select(
            func.count().filter(ImportReject.left_over_quantity.is_(None)),
            func.count(ImportReject.left_over_quantity),
        ).where(ImportReject.run_id == run_id)
    ).one()
    return rejected, unmatched


def finish(session: Session, run_id: int) -> None:
    """Mark a run as done and drop what was staged for it; its rejects stay."""
    session.execute(update(ImportRun).where(ImportRun.id == run_id).values(state="done"))
    _drop(session, run_id)


def discard(session: Session, run: ImportRun) -> None:
    """Forget a run of which nothing was booked."""
    _drop(session, run.id)
    session.execute(delete(ImportReject).where(ImportReject.run_id == run.id))
    session.delete(run)
    session.flush()


def _drop(session: Session, run_id: int) -> None:
    for table in (ImportDocument, ImportRow):
        session.execute(delete(table).where(table.run_id == run_id))


def _run(session: Session, run_id: int) -> ImportRun:
    return session.scalars(select(ImportRun).where(ImportRun.id == run_id)).one()


def _store(session: Session, run_id: int, chunk: Sequence[ParsedRow]) -> None:
    columns = ["run_id", *ParsedRow._fields]
    records = ((run_id, *row) for row in chunk)
    sets.insert_records(session, ImportRow, records, columns=columns)
    sets.insert_rows(
        session,
        ImportReject,
        [
            {"run_id": run_id, "row_no": row.row_no, "reason": row.reason}
            for row in chunk
            if row.reason
        ],
    )


def _order_documents(session: Session, run_id: int) -> None:
    """Number the documents that have an accepted row; a document's time is its first row's."""
    mine = ImportRow.run_id == run_id
    timed = (
        select(ImportRow.reference, func.min(ImportRow.row_no).label("row_no"))
        .where(mine, ImportRow.occurred_at.is_not(None))
        .group_by(ImportRow.reference)
        .subquery()
    )
    accepted = (
        select(ImportRow.reference, func.max(ImportRow.quantity).label("quantity"))
        .where(mine, ImportRow.reason.is_(None))
        .group_by(ImportRow.reference)
        .subquery()
    )
    first = (
        select(ImportRow.reference, func.min(ImportRow.row_no).label("row_no"))
        .where(mine)
        .group_by(ImportRow.reference)
        .subquery()
    )
    is_return = (accepted.c.quantity < 0).cast(ImportDocument.is_return.type)
    place = func.row_number().over(order_by=(ImportRow.occurred_at, is_return, first.c.row_no))
    session.execute(
        insert(ImportDocument).from_select(
            ["run_id", "position", "reference", "is_return", "occurred_at"],
            select(ImportRow.run_id, place, ImportRow.reference, is_return, ImportRow.occurred_at)
            .join(timed, timed.c.row_no == ImportRow.row_no)
            .join(accepted, accepted.c.reference == ImportRow.reference)
            .join(first, first.c.reference == ImportRow.reference)
            .where(mine),
        )
    )
    count = session.scalar(
        select(func.count()).select_from(ImportDocument).where(ImportDocument.run_id == run_id)
    )
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run_id)
        .values(state="booking", documents=count, booked_documents=0)
    )
