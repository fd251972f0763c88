"""How many pieces of which sale lines come back, and how much base goes with them.

Decides from the lines it is given; never queries. A line's refunded base is counted from the
beginning: ``round_half_up(amount × pieces back in all / pieces sold)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from commissions.errors import AmountInvalid, RefundTooLarge
from commissions.money import round_half_up
from commissions.periods import aware
from commissions.values import RefundLine


@dataclass(slots=True)
class SoldLine:
    """A sale line while refunds are worked through: what was sold and what is back so far."""

    sale_id: int
    line_no: int
    stock_code: str
    category: str | None
    quantity: int
    amount_minor: int
    returned_quantity: int
    refunded_base_minor: int

    @property
    def left(self) -> int:
        """The pieces that haven't come back."""
        return self.quantity - self.returned_quantity


class Piece(NamedTuple):
    """Pieces of one line that come back, and the base that goes with them, minor units."""

    line: SoldLine
    quantity: int
    base_minor: int
    document_line: int


class Matched(NamedTuple):
    """A returned row set against sale lines: (line, pieces) each, and what found no line."""

    lines: tuple[tuple[SoldLine, int], ...]
    left_over: int


def take_pieces(
    wanted: RefundLine, lines: Sequence[SoldLine], *, sale_reference: str
) -> list[Piece]:
    """Take pieces off the lines of one sale, and return what was taken.

    Without line and quantity, all that is left is taken. Raises RefundTooLarge, AmountInvalid.
    """
    if wanted.line_no is None:
        if wanted.quantity is not None:
            message = (
                f"A refund of sale {sale_reference} has a quantity but no line: name the line."
            )
            raise AmountInvalid(message)
        return [_take(line, line.left, wanted.document_line) for line in lines if line.left]
    line = next((line for line in lines if line.line_no == wanted.line_no), None)
    if line is None:
        message = f"Sale {sale_reference} has no line {wanted.line_no}: nothing can come back."
        raise RefundTooLarge(message)
    quantity = line.left if wanted.quantity is None else wanted.quantity
    _check_quantity(line, quantity, sale_reference)
    return [_take(line, quantity, wanted.document_line)]


def match(candidates: Iterable[SoldLine], quantity: int) -> Matched:
    """Set returned pieces against sale lines in the order given, and take them off those."""
    found = []
    for line in candidates:
        if not quantity:
            break
        pieces = min(line.left, quantity)
        if pieces:
            line.returned_quantity += pieces
            quantity -= pieces
            found.append((line, pieces))
    return Matched(tuple(found), quantity)


def shown(at: datetime, reason: str, lines: Iterable[tuple[str, int | None, int | None]]) -> str:
    """Return what a refund takes back, for a person to compare: (sale, line, pieces) each."""
    listed = ", ".join(
        f"{'all' if pieces is None else pieces} of {sale}{'' if line is None else f' line {line}'}"
        for sale, line, pieces in lines
    )
    return f"{reason} at {aware(at).isoformat()} [{listed}]"


def _check_quantity(line: SoldLine, quantity: int, sale_reference: str) -> None:
    where = f"line {line.line_no} of sale {sale_reference}"
    if quantity < 0 or (not quantity and line.left):
        message = f"A refund of {quantity} pieces of {where} is none: give 1 or more."
        raise AmountInvalid(message)
    if quantity > line.left or not quantity:
        message = (
            f"A refund of {quantity} pieces of {where} is too large:"
            f" {line.quantity} were sold, {line.returned_quantity} came back already."
        )
        raise RefundTooLarge(message)


def _take(line: SoldLine, quantity: int, document_line: int) -> Piece:
    line.returned_quantity += quantity
    refunded = round_half_up(line.amount_minor * line.returned_quantity, line.quantity)
    base = refunded - line.refunded_base_minor
    line.refunded_base_minor = refunded
    return Piece(line, quantity, base, document_line)
