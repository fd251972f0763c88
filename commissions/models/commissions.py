"""Commissions, the state changes of everything that has a state, and the bonus runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from commissions.models.base import (
    ID,
    At,
    Base,
    Code,
    Id,
    Instant,
    Key,
    Minor,
    RecordedAt,
    Ref,
    Text,
    Word,
    append_only,
)


class Commission(Base):
    """One sum earned or taken back: one kind, one beneficiary, one rule, one order.

    A clawback carries a negative amount and base, and names in ``original_id`` what it takes
    back. Only ``state`` changes after the row is written.
    """

    __tablename__ = "commissions"
    __table_args__ = (
        UniqueConstraint("program_id", "kind", "reference"),
        CheckConstraint("(kind = 'clawback') = (original_id is not null)", name="original"),
        CheckConstraint(
            "case kind when 'clawback' then amount_minor <= 0 and base_minor <= 0"
            " else amount_minor >= 0 and base_minor >= 0 end",
            name="sign",
        ),
        CheckConstraint("state <> 'on_hold' or due_at is not null", name="due"),
        Index(None, "partner_id", "state"),
        Index(None, "sale_id"),
        Index(None, "original_id"),
        Index(None, "refund_id"),
        Index(None, "program_id", "effective_at"),
        Index(
            "ix_commissions_due",
            "program_id",
            "due_at",
            sqlite_where=text("state = 'on_hold'"),
            postgresql_where=text("state = 'on_hold'"),
        ),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    partner_id: Mapped[Ref] = mapped_column(ForeignKey("partners.id"))
    kind: Mapped[Word]
    reference: Mapped[Key]
    sale_id: Mapped[int | None] = mapped_column(ID, ForeignKey("sales.id"))
    rule_id: Mapped[int | None] = mapped_column(ID, ForeignKey("plan_rules.id"))
    original_id: Mapped[int | None] = mapped_column(ID, ForeignKey("commissions.id"))
    refund_id: Mapped[int | None] = mapped_column(ID, ForeignKey("refunds.id"))
    base_minor: Mapped[Minor]
    rate_bps: Mapped[int | None] = mapped_column(Integer)
    amount_minor: Mapped[Minor]
    state: Mapped[Word]
    effective_at: Mapped[At]
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[RecordedAt]


@append_only
class StateChange(Base):
    """Who moved what from which state to which, when and why."""

    __tablename__ = "state_changes"
    __table_args__ = (Index(None, "subject", "subject_id"),)

    id: Mapped[Id]
    subject: Mapped[Word]
    subject_id: Mapped[Ref]
    from_state: Mapped[Word]
    to_state: Mapped[Word]
    effective_at: Mapped[At]
    actor: Mapped[Code]
    reason: Mapped[Text | None]
    recorded_at: Mapped[RecordedAt]


@append_only
class BonusRun(Base):
    """The award of one month's bonuses: it happens once."""

    __tablename__ = "bonus_runs"
    __table_args__ = (UniqueConstraint("program_id", "month"),)

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    month: Mapped[Word]
    bonuses: Mapped[int] = mapped_column(Integer)
    amount_minor: Mapped[Minor]
    actor: Mapped[Code]
    recorded_at: Mapped[RecordedAt]
