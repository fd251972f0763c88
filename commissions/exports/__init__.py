"""The whole books of programs as a text that beancount or hledger verifies on its own.

Every transfer is a transaction, and every balance that our ledger states is asserted at the
end, on the day after the last transfer. So a file passes only when another program, adding up
by itself, finds what we store. Does not judge the books and leaves nothing out: broken ones
give a file that is refused. Debits are above zero and credits below, as both programs have it:
what is owed is negative.

Everything is read in the caller's transaction. Where others post meanwhile it must see one
snapshot (``REPEATABLE READ`` on PostgreSQL), or a balance may be younger than the transfers.
Read ``names``, ``books``, ``as_beancount``, ``as_hledger``, in this order.
"""

from commissions.exports.as_beancount import beancount
from commissions.exports.as_hledger import hledger
from commissions.exports.names import account_name

__all__ = ["account_name", "beancount", "hledger"]
