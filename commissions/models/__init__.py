"""The engine's tables: rows without behaviour, one declarative base for engine and shop."""

from commissions.models.base import APPEND_ONLY, Base, Instant
from commissions.models.commissions import BonusRun, Commission, StateChange
from commissions.models.ledger import Account, Entry, Seal, SealBalance, Transfer
from commissions.models.payouts import Batch, Payout, PayoutItem
from commissions.models.programs import (
    Partner,
    PlanRule,
    PlanTier,
    PlanVersion,
    Program,
    ReferralLink,
)
from commissions.models.sales import (
    AttributionDecision,
    Conversion,
    RefundLineRecord,
    RefundRecord,
    SaleLineRecord,
    SaleRecord,
    TouchRecord,
)

__all__ = [
    "APPEND_ONLY",
    "Account",
    "AttributionDecision",
    "Base",
    "Batch",
    "BonusRun",
    "Commission",
    "Conversion",
    "Entry",
    "Instant",
    "Partner",
    "Payout",
    "PayoutItem",
    "PlanRule",
    "PlanTier",
    "PlanVersion",
    "Program",
    "ReferralLink",
    "RefundLineRecord",
    "RefundRecord",
    "SaleLineRecord",
    "SaleRecord",
    "Seal",
    "SealBalance",
    "StateChange",
    "TouchRecord",
    "Transfer",
]
