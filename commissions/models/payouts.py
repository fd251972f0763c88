"""Payout batches, payouts, and the commissions that each payout claimed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commissions.models.base import (
    At,
    Base,
    Code,
    Id,
    Minor,
    RecordedAt,
    Ref,
    Text,
    Word,
    append_only,
)


class Batch(Base):
    """The run that groups payouts; its checker is never its maker."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint(
            "checker is null or lower(trim(checker)) <> lower(trim(maker))", name="four_eyes"
        ),
        CheckConstraint("(state = 'built') = (checker is null)", name="checked"),
        CheckConstraint("state in ('built', 'approved', 'refused')", name="state"),
        Index(None, "program_id"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    state: Mapped[Word]
    maker: Mapped[Code]
    checker: Mapped[Code | None]
    built_at: Mapped[At]
    recorded_at: Mapped[RecordedAt]


class Payout(Base):
    """One payment to one partner; rail and destination are frozen when it is built.

    ``key`` is stored when the batch is approved and goes to the rail with every attempt.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        UniqueConstraint("batch_id", "partner_id"),
        UniqueConstraint("key"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index(None, "partner_id"),
        Index(None, "program_id", "state"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    batch_id: Mapped[Ref] = mapped_column(ForeignKey("batches.id"))
    partner_id: Mapped[Ref] = mapped_column(ForeignKey("partners.id"))
    amount_minor: Mapped[Minor]
    rail: Mapped[Word]
    destination: Mapped[Text]
    state: Mapped[Word]
    key: Mapped[Code | None]
    rail_reference: Mapped[Text | None]
    recorded_at: Mapped[RecordedAt]


@append_only
class PayoutItem(Base):
    """One commission that a payout claimed, with its amount at the time."""

    __tablename__ = "payout_items"
    __table_args__ = (UniqueConstraint("payout_id", "commission_id"), Index(None, "commission_id"))

    id: Mapped[Id]
    payout_id: Mapped[Ref] = mapped_column(ForeignKey("payouts.id"))
    commission_id: Mapped[Ref] = mapped_column(ForeignKey("commissions.id"))
    amount_minor: Mapped[Minor]
