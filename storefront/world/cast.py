"""Who plays in the demo's history: who sells, who buys, and who keeps the shop and its money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shopper:
    """Somebody who buys."""

    name: str
    phone: str
    email: str
    address: str
    city: str


@dataclass(frozen=True, slots=True)
class Seller:
    """A KOC, their own link, and the stock codes that their page shows."""

    partner_id: int
    link_id: int
    skus: tuple[str, ...]


@dataclass(frozen=True)
class Cast:
    """Who and what the history is made of."""

    program_code: str
    sellers: Sequence[Seller]
    shoppers: Sequence[Shopper]
    operator: str
    maker: str
    checker: str
