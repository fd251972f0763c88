"""What is to be posted, and what posting answers.

Decides the shapes. Does not post.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from commissions.ledger.chart import AccountRef


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer to be made; ``(code, reference)`` is its key, ``cause_id`` what caused it."""

    code: str
    reference: str
    debit: AccountRef
    credit: AccountRef
    amount_minor: int
    effective_at: datetime
    cause_id: int

    @property
    def key(self) -> tuple[str, str]:
        """The transfer's key, unique in its program."""
        return (self.code, self.reference)

    @property
    def content(self) -> Mapping[str, object]:
        """What the key stands for, by name."""
        return {
            "debit": self.debit,
            "credit": self.credit,
            "amount_minor": self.amount_minor,
            "effective_at": self.effective_at.isoformat(),
            "cause_id": self.cause_id,
        }


class Posted(NamedTuple):
    """How many transfers were made, and how many were in the books already."""

    new: int
    replayed: int
