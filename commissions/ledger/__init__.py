"""The books: chart of accounts, posting, balances, seals, verification.

The only writer of accounts, transfers, entries and seals. Does not decide who is owed what.
Read ``chart``, ``postings``, ``posting``, ``one``, ``balances``, ``sealing``, ``verifying``, in
this order.
"""

from commissions.ledger.balances import AccountBalance, balance, balances
from commissions.ledger.chart import (
    AccountRef,
    accrued,
    cash,
    expense,
    in_payout,
    of_partner,
    payable,
)
from commissions.ledger.posting import (
    hold_months_open,
    open_from,
    post,
    refuse_sealed_months,
    stop_postings,
)
from commissions.ledger.postings import Posted, Posting
from commissions.ledger.sealing import last_seal, write_seal
from commissions.ledger.verifying import Report, verify
from commissions.ledger.verifying_claims import POSTED_AS
from commissions.ledger.verifying_parts import Finding

__all__ = [
    "POSTED_AS",
    "AccountBalance",
    "AccountRef",
    "Finding",
    "Posted",
    "Posting",
    "Report",
    "accrued",
    "balance",
    "balances",
    "cash",
    "expense",
    "hold_months_open",
    "in_payout",
    "last_seal",
    "of_partner",
    "open_from",
    "payable",
    "post",
    "refuse_sealed_months",
    "stop_postings",
    "verify",
    "write_seal",
]
