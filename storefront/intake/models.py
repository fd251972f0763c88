"""The tables of imports: a run, its staged rows, its documents in order, and what it rejected."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commissions.models import Base, Instant
from commissions.models.base import ID, Code, Id, Minor, RecordedAt, Ref, Text, Word


class ImportRun(Base):
    """One file imported into a program under one mapping; found again by its ``identity``.

    ``state``: staging, booking, done. ``clock`` is the time of the last document booked.
    """

    __tablename__ = "import_runs"
    # An id is never given twice: a run that was discarded must not be taken for a newer one.
    __table_args__ = (UniqueConstraint("program_id", "identity"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    identity: Mapped[Code]
    file_name: Mapped[Text]
    state: Mapped[Word]
    staged_rows: Mapped[int] = mapped_column(Integer, server_default="0")
    documents: Mapped[int] = mapped_column(Integer, server_default="0")
    booked_documents: Mapped[int] = mapped_column(Integer, server_default="0")
    clock: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[RecordedAt]


class ImportRow(Base):
    """A row of the file as read; with a ``reason`` it was rejected. Gone when the run is done."""

    __tablename__ = "import_rows"
    __table_args__ = (Index(None, "run_id", "reference", "row_no"),)

    run_id: Mapped[int] = mapped_column(ID, ForeignKey("import_runs.id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[Code]
    occurred_at: Mapped[datetime | None] = mapped_column(Instant)
    buyer: Mapped[Code | None]
    email: Mapped[Text | None]
    phone: Mapped[Text | None]
    stock_code: Mapped[Code | None]
    category: Mapped[Code | None]
    quantity: Mapped[int | None] = mapped_column(BigInteger)
    amount_minor: Mapped[Minor | None]
    reason: Mapped[Code | None]


class ImportDocument(Base):
    """A sale or return of the file, with its place in the order of time."""

    __tablename__ = "import_documents"

    run_id: Mapped[int] = mapped_column(ID, ForeignKey("import_runs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[Code]
    is_return: Mapped[int] = mapped_column(Integer)
    occurred_at: Mapped[datetime] = mapped_column(Instant)


class ImportReject(Base):
    """A row that booked nothing, or a returned row with pieces that found no sale."""

    __tablename__ = "import_rejects"

    run_id: Mapped[int] = mapped_column(ID, ForeignKey("import_runs.id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    reason: Mapped[Code]
    left_over_quantity: Mapped[int | None] = mapped_column(BigInteger)
