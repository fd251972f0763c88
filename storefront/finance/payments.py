"""The payment list of an approved batch: what whoever pays by hand types into the bank, or uploads.

Decides what is still to be paid: a payout that arrived, failed or came back isn't on the list, so
that nobody pays it a second time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from commissions.money import to_major
from commissions.states import BatchState, PayoutState
from storefront.finance.payday import BatchPage

_TO_ARRIVE = frozenset(
    {PayoutState.APPROVED, PayoutState.SENDING, PayoutState.UNKNOWN, PayoutState.SENT}
)
_COLUMNS = (
    "payout",
    "partner",
    "name",
    "rail",
    "destination",
    "amount",
    "currency",
    "reference",
    "state",
)
_READ_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARK = "\ufeff"  # spreadsheets read a file without it in the alphabet of their own country


class Payment(NamedTuple):
    """One payment: to whom, by which rail, where to in full, how much, under which reference."""

    payout_id: int
    partner_code: str
    partner_name: str
    rail: str
    destination: str
    amount_minor: int
    reference: str
    state: str


def of_batch(shown: BatchPage) -> list[Payment]:
    """Return what is still to arrive of a batch, in its order; nothing before it is approved."""
    if shown.batch.state != BatchState.APPROVED:
        return []
    return [
        Payment(
            row.payout.id,
            row.partner_code,
            row.partner_name,
            row.payout.rail,
            row.payout.destination,
            row.payout.amount_minor,
            row.payout.key or "",
            row.payout.state,
        )
        for row in shown.rows
        if row.payout.state in _TO_ARRIVE
    ]


def as_csv(listed: Sequence[Payment], currency: str) -> str:
    """Write payments as CSV, amounts in major units; no cell is read as a formula."""
    out = io.StringIO()
    out.write(_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in listed:
        amount = to_major(one.amount_minor, currency)
        cells = (
            f"PO-{one.payout_id}",
            *(one.partner_code, one.partner_name, one.rail, one.destination),
            *(amount, currency, one.reference, one.state),
        )
        writer.writerow([_as_text(cell) for cell in cells])
    return out.getvalue()


def _as_text(cell: str) -> str:
    """Return a cell that spreadsheets show and never calculate: an apostrophe marks it as text."""
    return f"'{cell}" if cell.startswith(_READ_AS_FORMULA) else cell
