"""What a shop tells the engine: sales, their lines and touches, completions and refunds.

Decides the shapes and refuses what can never be right. Does not query and does not decide who
earns. Amounts are minor units of the program's currency, net of discounts and taxes; times
carry a zone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from commissions.errors import AmountInvalid, Invalid, SaleInvalid
from commissions.money import MAX_MINOR
from commissions.periods import aware

MAX_QUANTITY = 10**9
MAX_REFERENCE = 120
MAX_TEXT = 400
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought, as far as the shop knows; mail and phone as they were typed.

    ``partner_id`` names the partner who was signed in while buying.
    """

    account: str | None = None
    email: str | None = None
    phone: str | None = None
    partner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """One visit that can earn a sale; ``id`` is None for one that only the sale itself names.

    ``key`` is the visit's own, by which it is found once it is stored; ``uncounted`` is why it
    earns nothing, such as a bot's.
    """

    partner_id: int
    kind: str
    occurred_at: datetime
    id: int | None = None
    key: str | None = None
    uncounted: str | None = None


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line of a sale: whole pieces, and the net amount of all of them in minor units."""

    line_no: int
    stock_code: str
    quantity: int
    amount_minor: int
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """A paid order: its reference in the shop, its lines, its buyer and the touches seen.

    ``ordered_at`` is when the shopper agreed to buy, where the shop knows it apart from payment.
    """

    reference: str
    paid_at: datetime
    currency: str
    lines: tuple[SaleLine, ...]
    buyer: Buyer = Buyer()
    touches: tuple[Touch, ...] = ()
    ordered_at: datetime | None = None

    @property
    def bought_at(self) -> datetime:
        """When the shopper decided: who pays later has bought no later."""
        return self.ordered_at or self.paid_at

    @property
    def amount_minor(self) -> int:
        """The net amount of all lines, in minor units."""
        return sum(line.amount_minor for line in self.lines)

    def fingerprint(self) -> str:
        """Return a digest of what was sold to whom and when; touches are not part of it."""
        buyer = (self.buyer.account, self.buyer.email, self.buyer.phone)
        known = (self.buyer.partner_id, self.ordered_at and aware(self.ordered_at).isoformat())
        lines = [
            (line.line_no, line.stock_code, line.quantity, line.amount_minor, line.category)
            for line in self.lines
        ]
        parts = (self.reference, aware(self.paid_at).isoformat(), self.currency, buyer, lines)
        return digest(*parts, known) if any(known) else digest(*parts)


@dataclass(frozen=True, slots=True)
class Completion:
    """The moment at which a paid order became final."""

    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Pieces that came back to one sale; without line and quantity, all that is left of it.

    ``document_line`` is the line of the return document that says so, for looking up later.
    """

    sale_reference: str
    line_no: int | None = None
    quantity: int | None = None
    document_line: int = 1


@dataclass(frozen=True, slots=True)
class Refund:
    """A return, dispute or fraud, by its reference in the shop; ``content`` identifies it.

    ``content`` is a digest of the document as it came in, where the lines are a finding of
    ours (a return that doesn't name its sale); otherwise it is made of the lines.
    """

    reference: str
    at: datetime
    lines: tuple[RefundLine, ...]
    reason: str = "return"
    content: str | None = None

    def fingerprint(self) -> str:
        """Return a digest of what came back, when and why."""
        if self.content is not None:
            return self.content
        lines = [(line.sale_reference, line.line_no, line.quantity) for line in self.lines]
        return digest(self.reference, aware(self.at).isoformat(), self.reason, lines)


def digest(*parts: object) -> str:
    """Return a SHA-256 digest of strings, whole numbers, None, and tuples and lists of them."""
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()


def check_reference(reference: str) -> None:
    """Raise Invalid for a reference that is empty, too long or holds unprintable signs."""
    if not (0 < len(reference) <= MAX_REFERENCE) or not reference.isprintable():
        message = f"{reference!r} is no reference: give 1 to {MAX_REFERENCE} printable signs."
        raise Invalid(message)


def check_address(what: str, word: str) -> None:
    """Raise Invalid for a word that can't be one step of a web address: a link's, a handle."""
    check_reference(word)
    if "/" in word or not word.strip("."):
        message = f"{what} can't stand in an address: leave out slashes, and use more than dots."
        raise Invalid(message)


def check_text(what: str, text: str | None, *, most: int = MAX_REFERENCE) -> None:
    """Raise Invalid for a text that is too long for the books, or that no database stores."""
    if text is not None and (len(text) > most or _UNSTORABLE.search(text)):
        message = f"{what} can't be kept: give up to {most} ordinary signs."
        raise Invalid(message)


def check_sale(sale: Sale) -> None:
    """Raise a named error for a sale that can never be right."""
    check_reference(sale.reference)
    aware(sale.paid_at)
    for touch in sale.touches:
        aware(touch.occurred_at)
    check_text(f"The buyer's account of sale {sale.reference}", sale.buyer.account)
    if not sale.lines:
        message = f"Sale {sale.reference} has no line: send at least one."
        raise SaleInvalid(message)
    if len({line.line_no for line in sale.lines}) < len(sale.lines):
        message = f"Sale {sale.reference} has a line number twice: number its lines from 1."
        raise SaleInvalid(message)
    for line in sale.lines:
        _check_line(sale.reference, line)
    if sale.amount_minor > MAX_MINOR:
        message = (
            f"Sale {sale.reference} amounts to {sale.amount_minor}:"
            f" give up to {MAX_MINOR} minor units in all."
        )
        raise AmountInvalid(message)


def _check_line(reference: str, line: SaleLine) -> None:
    where = f"Line {line.line_no} of sale {reference}"
    if not 0 < line.line_no <= MAX_QUANTITY:
        message = f"{where} has a number that is none: number the lines from 1."
        raise SaleInvalid(message)
    if not line.stock_code:
        message = f"{where} has no stock code: give one."
        raise SaleInvalid(message)
    check_text(f"{where}: its stock code", line.stock_code)
    check_text(f"{where}: its category", line.category)
    if not 0 < line.quantity <= MAX_QUANTITY:
        message = f"{where} has a quantity of {line.quantity}: give 1 to {MAX_QUANTITY} pieces."
        raise AmountInvalid(message)
    if not 0 < line.amount_minor <= MAX_MINOR:
        message = (
            f"{where} has an amount of {line.amount_minor}: give 1 to {MAX_MINOR} minor units."
        )
        raise AmountInvalid(message)
