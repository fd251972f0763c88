"""The books: accounts, transfers, entries, seals. Written by ``commissions.ledger`` alone."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from commissions.models.base import (
    ID,
    At,
    Base,
    Code,
    Id,
    Key,
    Minor,
    RecordedAt,
    Ref,
    Word,
    append_only,
)


class Account(Base):
    """A ledger account of one program; only a partner's stores a balance and a version.

    A house account is touched by every transfer: a stored balance there would make all writers
    queue behind one row. Its balance is read from the last seal and what came since.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("(partner_id is null) = (balance_minor is null)", name="stored"),
        CheckConstraint("(partner_id is null) = (version is null)", name="versioned"),
        Index(
            "uq_accounts_house",
            "program_id",
            "role",
            unique=True,
            sqlite_where=text("partner_id is null"),
            postgresql_where=text("partner_id is null"),
        ),
        UniqueConstraint("partner_id", "role"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    partner_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    role: Mapped[Word]
    currency: Mapped[Word]
    balance_minor: Mapped[Minor | None]
    version: Mapped[int | None] = mapped_column(ID)


@append_only
class Transfer(Base):
    """One debit and one credit of the same amount: the books balance by construction.

    ``(code, reference)`` is its key; ``cause_id`` is the commission's or payout's id.
    The account columns carry no foreign key that is checked row by row: it halves bulk speed.
    The one writer checks the set, and ``verify`` proves it.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("program_id", "code", "reference"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("debit_account_id <> credit_account_id", name="sides"),
        Index(None, "program_id", "effective_at"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref]
    debit_account_id: Mapped[Ref]
    credit_account_id: Mapped[Ref]
    amount_minor: Mapped[Minor]
    code: Mapped[Word]
    reference: Mapped[Key]
    cause_id: Mapped[Ref]
    effective_at: Mapped[At]
    recorded_at: Mapped[RecordedAt]


@append_only
class Entry(Base):
    """One side of a transfer as a partner's account sees it, in recording order.

    ``amount_minor`` is above zero for a credit; ``balance_minor`` is the balance after it.
    """

    __tablename__ = "entries"
    __table_args__ = (CheckConstraint("version > 0", name="version"),)

    account_id: Mapped[int] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(ID, primary_key=True)
    transfer_id: Mapped[Ref]
    amount_minor: Mapped[Minor]
    balance_minor: Mapped[Minor]


@append_only
class Seal(Base):
    """The hash of a closed month's transfers, chained to the month before."""

    __tablename__ = "seals"
    __table_args__ = (
        UniqueConstraint("program_id", "month"),
        UniqueConstraint("program_id", "ends_at"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    month: Mapped[Word]
    starts_at: Mapped[At]
    ends_at: Mapped[At]
    transfers: Mapped[int] = mapped_column(Integer)
    previous_digest: Mapped[Code]
    digest: Mapped[Code]
    actor: Mapped[Code]
    recorded_at: Mapped[RecordedAt]


@append_only
class SealBalance(Base):
    """An account's balance at the end of a sealed month in which it moved: credits − debits."""

    __tablename__ = "seal_balances"
    __table_args__ = (UniqueConstraint("account_id", "seal_id"),)

    id: Mapped[Id]
    seal_id: Mapped[Ref] = mapped_column(ForeignKey("seals.id"))
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.id"))
    balance_minor: Mapped[Minor]
