"""Programs, partners, referral links, and the versioned plan."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from commissions.models.base import ID, At, Base, Code, Id, Minor, RecordedAt, Ref, Text, Word


class Program(Base):
    """One set of terms: currency, time zone, attribution window, hold, minimum payout."""

    __tablename__ = "programs"
    __table_args__ = (
        CheckConstraint("window_days >= 0 and hold_days >= 0", name="days"),
        CheckConstraint("minimum_payout_minor >= 0", name="minimum"),
    )

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Text]
    currency: Mapped[Word]
    time_zone: Mapped[Text]
    window_days: Mapped[int] = mapped_column(Integer)
    hold_days: Mapped[int] = mapped_column(Integer)
    minimum_payout_minor: Mapped[Minor]
    close_after_days: Mapped[int | None] = mapped_column(Integer)
    recorded_at: Mapped[RecordedAt]


class Partner(Base):
    """A person who promotes and is paid; a sponsor has no sponsor, so paid levels end at two."""

    __tablename__ = "partners"
    __table_args__ = (
        UniqueConstraint("program_id", "code"),
        UniqueConstraint("program_id", "handle"),
        CheckConstraint("kind in ('koc', 'distributor', 'kol')", name="kind"),
        CheckConstraint("sponsor_id is null or sponsor_id <> id", name="own_sponsor"),
        Index(None, "sponsor_id"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    code: Mapped[Code]
    name: Mapped[Text]
    handle: Mapped[Code]
    kind: Mapped[Word]
    sponsor_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    country: Mapped[Word | None]
    account: Mapped[Code | None]
    email: Mapped[Text | None]
    phone: Mapped[Text | None]
    payout_rail: Mapped[Word | None]
    payout_destination: Mapped[Text | None]
    recorded_at: Mapped[RecordedAt]


class ReferralLink(Base):
    """``/k/<code>``: belongs to one partner; may point at a path of the shop."""

    __tablename__ = "referral_links"
    __table_args__ = (UniqueConstraint("program_id", "code"), Index(None, "partner_id"))

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    partner_id: Mapped[Ref] = mapped_column(ForeignKey("partners.id"))
    code: Mapped[Code]
    target: Mapped[Text | None]
    recorded_at: Mapped[RecordedAt]


class PlanVersion(Base):
    """The terms from one instant on, until the next version's; never edited once published."""

    __tablename__ = "plan_versions"
    __table_args__ = (
        UniqueConstraint("program_id", "number"),
        UniqueConstraint("program_id", "effective_from"),
        CheckConstraint("override_bps between 0 and 10000", name="override"),
    )

    id: Mapped[Id]
    program_id: Mapped[Ref] = mapped_column(ForeignKey("programs.id"))
    number: Mapped[int] = mapped_column(Integer)
    effective_from: Mapped[At]
    override_bps: Mapped[int] = mapped_column(Integer)
    fingerprint: Mapped[Code]
    recorded_at: Mapped[RecordedAt]


class PlanRule(Base):
    """One line of a plan: whom and what it matches, and the rate or flat sum that it pays."""

    __tablename__ = "plan_rules"
    __table_args__ = (
        UniqueConstraint("plan_version_id", "position"),
        CheckConstraint("(rate_bps is null) <> (flat_minor is null)", name="rate_or_flat"),
        CheckConstraint("rate_bps between 0 and 10000", name="rate"),
        CheckConstraint("flat_minor >= 0", name="flat"),
    )

    id: Mapped[Id]
    plan_version_id: Mapped[Ref] = mapped_column(ForeignKey("plan_versions.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[Text]
    stock_codes: Mapped[list[str]] = mapped_column(JSON)
    categories: Mapped[list[str]] = mapped_column(JSON)
    partner_kinds: Mapped[list[str]] = mapped_column(JSON)
    rate_bps: Mapped[int | None] = mapped_column(Integer)
    flat_minor: Mapped[Minor | None]


class PlanTier(Base):
    """A rung: partners of a kind whose month's volume reaches the threshold earn its rate."""

    __tablename__ = "plan_tiers"
    __table_args__ = (
        UniqueConstraint("plan_version_id", "partner_kind", "threshold_minor"),
        CheckConstraint("threshold_minor > 0 and rate_bps between 0 and 10000", name="terms"),
    )

    id: Mapped[Id]
    plan_version_id: Mapped[Ref] = mapped_column(ForeignKey("plan_versions.id"))
    partner_kind: Mapped[Word]
    threshold_minor: Mapped[Minor]
    rate_bps: Mapped[int] = mapped_column(Integer)
