"""Importing an order export: staged, then booked in order of time, a few documents a transaction.

Decides what must hold before the first booking, and where a broken-off run goes on. What one
transaction books is in ``booking``.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from commissions import clawbacks, conversions, ledger, programs
from commissions.errors import CurrencyMismatch, HoahongError
from commissions.models import Program
from commissions.plans import Plans
from commissions.progress import Advance, untold
from storefront import database
from storefront.intake import booking, staging
from storefront.intake.documents import printable
from storefront.intake.models import ImportDocument, ImportRun
from storefront.intake.referrals import check_left_out, read_referrals
from storefront.intake.rows import FileNotAsMapped, Mapping

BATCH = 1_000
"""Documents booked in one transaction."""
_CHECKED = 5_000


class FileOlderThanBooks(HoahongError):
    """The file has a document older than what was imported; nothing of it was booked."""


class ImportUnfinished(HoahongError):
    """Another file's import broke off; it must be finished first."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file to import: how to read it, who brought which buyer, or that nobody did."""

    path: Path
    mapping: Mapping
    referrals: Path | None = None
    batch: int = BATCH
    without_referrals: bool = False


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import came to; ``new`` counts what this run added to the books.

    ``sales_attributed`` are those of the new sales that earn somebody.
    """

    file: str
    rows: int
    documents: int
    sales_new: int
    sales_attributed: int
    returns_new: int
    rejected_rows: int
    unmatched_rows: int


def run(
    engine: Engine,
    program_code: str,
    request: ImportRequest,
    *,
    actor: str,
    advance: Advance = untold,
) -> ImportSummary:
    """Import a file, or go on where its import broke off; a finished one changes nothing.

    Raises FileNotAsMapped, FileOlderThanBooks, ImportUnfinished, CurrencyMismatch, PartnerUnknown,
    NoPlanInForce, ReferralsMissing, each before the first booking.
    """
    run_id, state = _begin(engine, program_code, request)
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        touches = read_referrals(session, program, request.referrals, request.mapping)
    if state == "staging":
        staging.stage(engine, run_id, request.path, request.mapping, advance=advance)
    counted = booking.Counted()
    if state != "done":
        with database.transaction(engine) as session:
            _check_before_booking(session, programs.find(session, program_code), run_id)
        while (
            step := _step(
                engine, program_code, run_id, touches=touches, batch=request.batch, actor=actor
            )
        ) is not None:
            counted += step.counted
            advance("booking", step.done, step.total)
        with database.transaction(engine) as session:
            staging.finish(session, run_id)
    return _summary(engine, run_id, counted)


def write_rejects(engine: Engine, program_code: str, request: ImportRequest, out: Path) -> None:
    """Write the rejects of a finished import as CSV: row, reason, pieces left over."""
    identity = staging.identity_of(request.path, request.mapping, request.referrals)
    partial = out.with_name(f"{out.name}.part")
    with (
        database.transaction(engine) as session,
        partial.open("w", encoding="utf-8", newline="") as stream,
    ):
        program = programs.find(session, program_code)
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("row", "reason", "left_over_quantity"))
        writer.writerows(staging.rejects(session, program.id, identity))
    partial.replace(out)


@dataclass(frozen=True, slots=True)
class _Step:
    done: int
    total: int
    counted: booking.Counted


def _begin(engine: Engine, program_code: str, request: ImportRequest) -> tuple[int, str]:
    """Return the run of this file, new or known, and its state."""
    try:
        identity = staging.identity_of(request.path, request.mapping, request.referrals)
    except OSError as fault:
        name = Path(fault.filename or request.path).name
        raise FileNotAsMapped(f"{name} can't be read: {fault}.") from fault
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        if request.mapping.currency != program.currency:
            raise CurrencyMismatch(
                f"The mapping's currency is {request.mapping.currency}, program {program.code}"
                f" keeps its books in {program.currency}: import into a program of its currency."
            )
        check_finished(session, program, but=identity)
        for other in _unfinished(session, program):
            if other.identity != identity and not other.booked_documents:
                staging.discard(session, other)
        found = session.scalar(
            select(ImportRun).where(
                ImportRun.program_id == program.id, ImportRun.identity == identity
            )
        )
        if found is None:
            if request.referrals is None and not request.without_referrals:
                check_left_out(session, program, request.mapping)
            found = ImportRun(
                program_id=program.id,
                identity=identity,
                file_name=printable(request.path.name),
                state="staging",
            )
            session.add(found)
            session.flush()
        return found.id, found.state


def check_finished(session: Session, program: Program, *, but: str | None = None) -> None:
    """Raise ImportUnfinished when an import has booked a part of its file, and not the rest.

    ``but`` is the identity of one that may: it is about to go on.
    """
    for other in _unfinished(session, program):
        if other.booked_documents and other.identity != but:
            raise ImportUnfinished(
                f"The import of {other.file_name} broke off after {other.booked_documents} of"
                f" {other.documents} documents: run it again with the same files to finish it, or"
                f" give the rest up by `hoahong sales abandon --program {program.code}`."
            )


def abandon(engine: Engine, program_code: str) -> list[str]:
    """Give up what unfinished imports haven't booked, and return their files' names."""
    with database.transaction(engine) as session:
        unfinished = _unfinished(session, programs.find(session, program_code))
        for one in unfinished:
            if one.booked_documents:
                staging.finish(session, one.id)
            else:
                staging.discard(session, one)
        return [one.file_name for one in unfinished]


def _unfinished(session: Session, program: Program) -> Sequence[ImportRun]:
    return session.scalars(
        select(ImportRun).where(ImportRun.program_id == program.id, ImportRun.state != "done")
    ).all()


def _check_before_booking(session: Session, program: Program, run_id: int) -> None:
    """Refuse a file with a new document older than the books, or older than every plan."""
    clock = session.scalar(
        select(func.max(ImportRun.clock)).where(
            ImportRun.program_id == program.id, ImportRun.id != run_id
        )
    )
    opened = ledger.open_from(session, program)
    floors = [floor for floor in (clock, opened) if floor is not None]
    run_ = staging.lock_run(session, run_id)
    after = run_.booked_documents
    while listed := staging.documents(session, run_id, after=after, limit=_CHECKED):
        if after == 0:
            Plans(session, program).in_force(listed[0].occurred_at)
        if not floors or listed[0].occurred_at >= max(floors):
            return
        _check_ages(session, program, run_, listed, clock=clock, floor=max(floors))
        after = listed[-1].position


def _check_ages(
    session: Session,
    program: Program,
    run_: ImportRun,
    listed: Sequence[ImportDocument],
    *,
    clock: datetime | None,
    floor: datetime,
) -> None:
    sales = conversions.known(session, program, [d.reference for d in listed if not d.is_return])
    came_back = clawbacks.known(session, program, [d.reference for d in listed if d.is_return])
    for document in listed:
        oldest = clock if document.is_return else floor
        if oldest is None or document.occurred_at >= oldest:
            continue
        if document.reference in (came_back if document.is_return else sales):
            continue
        if booking.is_too_large(session, run_.id, document):
            continue  # it is rejected, as it was when it came first
        raise FileOlderThanBooks(
            f"Document {document.reference} is of {document.occurred_at.isoformat()}, older than"
            f" what is booked already, {oldest.isoformat()}: import files in order of time."
        )


def _step(
    engine: Engine,
    program_code: str,
    run_id: int,
    *,
    touches: dict[str, int],
    batch: int,
    actor: str,
) -> _Step | None:
    """Book the next documents in one transaction; None when all are booked."""
    with database.transaction(engine) as session:
        program = programs.find(session, program_code)
        run_ = staging.lock_run(session, run_id)
        listed = staging.documents(session, run_id, after=run_.booked_documents, limit=batch)
        if not listed:
            return None
        counted = booking.book(session, program, run_id, listed, touches, actor=actor)
        run_.booked_documents = listed[-1].position
        run_.clock = listed[-1].occurred_at
        return _Step(run_.booked_documents, run_.documents, counted)


def _summary(engine: Engine, run_id: int, counted: booking.Counted) -> ImportSummary:
    with database.transaction(engine) as session:
        run_ = session.get_one(ImportRun, run_id)
        rejected, unmatched = staging.count_rejects(session, run_id)
        return ImportSummary(
            file=run_.file_name,
            rows=run_.staged_rows,
            documents=run_.documents,
            sales_new=counted.sales,
            sales_attributed=counted.attributed,
            returns_new=counted.returns,
            rejected_rows=rejected,
            unmatched_rows=unmatched,
        )
