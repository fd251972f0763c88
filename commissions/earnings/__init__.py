"""What one partner earned, as people see it: the money line, the list, and the sum behind each.

Reads the books and the frozen terms; books nothing. Estimates are quoted again under the plan
version that was frozen when the order was paid, less what has come back since; all other amounts
are the ledger's. Read ``deals``, ``money_line``, ``listing``, ``receipts``, in this order.
"""

from commissions.earnings.listing import Earning, listed
from commissions.earnings.money_line import Release, Totals, next_release, totals
from commissions.earnings.receipts import sums
from commissions.earnings.team import Member, team
from commissions.earnings.values import Brought, Part, PayoutOf, Sum, SumLine, Taken

__all__ = [
    "Brought",
    "Earning",
    "Member",
    "Part",
    "PayoutOf",
    "Release",
    "Sum",
    "SumLine",
    "Taken",
    "Totals",
    "listed",
    "next_release",
    "sums",
    "team",
    "totals",
]
