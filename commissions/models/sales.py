"""Touches, sales and their lines, attribution decisions, conversions, refunds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from commissions.models.base import (
    ID,
    At,
    Base,
    Code,
    Id,
    Instant,
    Minor,
    RecordedAt,
    Ref,
    Text,
    Word,
    append_only,
)


class TouchRecord(Base):
    """One visit through a link, shop page, coupon or scan that can earn a sale.

    ``key`` is made before the visit is stored, so that storing it twice is harmless. ``uncounted``
    is why a visit counts for nothing, such as a bot's; None for one that counts.
    """

    __tablename__ = "touches"
    __table_args__ = (Index(None, "partner_id", "occurred_at"), Index(None, "visitor"))

    id: Mapped[Id]
    key: Mapped[Code] = mapped_column(unique=True)
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    partner_id: Mapped[Ref] = mapped_column(ForeignKey("partners.id"))
    link_id: Mapped[int | None] = mapped_column(ID, ForeignKey("referral_links.id"))
    kind: Mapped[Word]
    visitor: Mapped[Code | None]
    uncounted: Mapped[Word | None]
    occurred_at: Mapped[At]
    recorded_at: Mapped[RecordedAt]


class SaleRecord(Base):
    """A paid order as the shop told it; ``fingerprint`` tells a repeat from a contradiction."""

    __tablename__ = "sales"
    __table_args__ = (
        UniqueConstraint("program_id", "reference"),
        CheckConstraint("state in ('paid', 'completed', 'cancelled')", name="state"),
        CheckConstraint("(state = 'completed') = (completed_at is not null)", name="completed"),
        CheckConstraint("completed_at >= paid_at", name="order"),
        Index(None, "program_id", "paid_at"),
        Index(None, "program_id", "buyer_account"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    reference: Mapped[Code]
    state: Mapped[Word]
    amount_minor: Mapped[Minor]
    paid_at: Mapped[At]
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    buyer_account: Mapped[Code | None]
    fingerprint: Mapped[Code]
    recorded_at: Mapped[RecordedAt]


class SaleLineRecord(Base):
    """One line of a sale, and how much of it has come back."""

    __tablename__ = "sale_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 and amount_minor > 0", name="sold"),
        CheckConstraint("returned_quantity between 0 and quantity", name="returned"),
        CheckConstraint("refunded_base_minor between 0 and amount_minor", name="refunded"),
    )

    sale_id: Mapped[int] = mapped_column(ID, ForeignKey("sales.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    stock_code: Mapped[Code]
    category: Mapped[Code | None]
    quantity: Mapped[int] = mapped_column(Integer)
    amount_minor: Mapped[Minor]
    returned_quantity: Mapped[int] = mapped_column(Integer, server_default="0")
    refunded_base_minor: Mapped[Minor] = mapped_column(server_default="0")


@append_only
class AttributionDecision(Base):
    """Which touch earns a sale, with every touch seen, its verdict, and the reason."""

    __tablename__ = "attribution_decisions"
    __table_args__ = (Index(None, "sale_id"),)

    id: Mapped[Id]
    sale_id: Mapped[Ref] = mapped_column(ForeignKey("sales.id"))
    partner_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    rule: Mapped[Word]
    reason: Mapped[Word]
    touches: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    recorded_at: Mapped[RecordedAt]


class Conversion(Base):
    """An attributed sale, with the terms frozen when it was paid."""

    __tablename__ = "conversions"
    __table_args__ = (Index(None, "partner_id"),)

    sale_id: Mapped[int] = mapped_column(ID, ForeignKey("sales.id"), primary_key=True)
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    partner_id: Mapped[Ref] = mapped_column(ForeignKey("partners.id"))
    partner_kind: Mapped[Word]
    sponsor_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    plan_version_id: Mapped[Ref] = mapped_column(ForeignKey("plan_versions.id"))
    hold_days: Mapped[int] = mapped_column(Integer)
    estimated_minor: Mapped[Minor]


class RefundRecord(Base):
    """A return, dispute or fraud; ``occurred_at`` is its own date, whatever month is open."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("program_id", "reference"),)

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    reference: Mapped[Code]
    reason: Mapped[Text]
    occurred_at: Mapped[At]
    effective_at: Mapped[At]
    fingerprint: Mapped[Code]
    recorded_at: Mapped[RecordedAt]


class RefundLineRecord(Base):
    """Pieces of one sale line that came back, and the base that goes with them."""

    __tablename__ = "refund_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 and base_minor >= 0", name="amounts"),
        Index(None, "sale_id", "line_no"),
        Index(None, "refund_id"),
    )

    id: Mapped[Id]
    refund_id: Mapped[Ref] = mapped_column(ForeignKey("refunds.id"))
    document_line: Mapped[int] = mapped_column(Integer)
    sale_id: Mapped[Ref] = mapped_column(ForeignKey("sales.id"))
    line_no: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[int] = mapped_column(Integer)
    base_minor: Mapped[Minor]
