"""Payout rails: how money leaves. One Protocol; ``test`` moves none, ``manual`` is a person.

A rail translates one call and returns a typed outcome. It never writes to the database and
never decides; it is handed to ``payouts`` by the edge.
"""

from commissions.providers.manual import ManualRail
from commissions.providers.rail import Found, Outcome, OutcomeKind, PayoutOrder, PayoutRail
from commissions.providers.test import TestRail

__all__ = [
    "Found",
    "ManualRail",
    "Outcome",
    "OutcomeKind",
    "PayoutOrder",
    "PayoutRail",
    "TestRail",
]
