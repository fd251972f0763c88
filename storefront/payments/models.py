"""The table of payments: one attempt to pay one order, as its provider tells it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commissions.models import Base, Instant
from commissions.models.base import At, Code, Id, Minor, RecordedAt, Ref, Word


class Payment(Base):
    """Money asked of a shopper; ``reference`` is the provider's name for it.

    ``state``: pending, succeeded, failed. ``refunded_minor`` has gone back of it.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("provider", "reference"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("refunded_minor between 0 and amount_minor", name="refunded"),
        CheckConstraint("state in ('pending', 'succeeded', 'failed')", name="state"),
        Index(None, "order_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id"))
    provider: Mapped[Word]
    reference: Mapped[Code]
    amount_minor: Mapped[Minor]
    refunded_minor: Mapped[Minor] = mapped_column(server_default="0")
    state: Mapped[Word]
    begun_at: Mapped[At]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[RecordedAt]
