"""A program's books as they are read for a file: accounts at once, transfers as a stream.

Decides order, days and signs. Knows no file format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commissions import ledger
from commissions.exports.names import account_name
from commissions.ledger import chart
from commissions.models import Account, Partner, Program, Transfer
from commissions.money import to_major
from commissions.periods import DAY, zone_of
from commissions.progress import Advance, counted

_AT_ONCE = 1_000
"""Transfers in memory at a time."""
_NO_DAY = date(1970, 1, 1)
"""Stands where no transfer gives a date."""


class BookAccount(NamedTuple):
    """An account as the file names it; ``labels`` are the codes that its name was made of."""

    name: str
    currency: str
    labels: Mapping[str, str]


class Transaction(NamedTuple):
    """A transfer as the file tells it; ``amount`` is in major units, above zero."""

    day: date
    labels: Mapping[str, str]
    debit: str
    credit: str
    amount: str

    @property
    def key(self) -> str:
        """The transfer's key, for its headline."""
        return f"{self.labels['code']}:{self.labels['reference']}"

    @property
    def sides(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The two accounts, each with its signed amount."""
        return ((self.debit, self.amount), (self.credit, f"-{self.amount}"))


@dataclass(frozen=True, slots=True)
class Book:
    """What a program's file is made with: its accounts by id, and the day of the assertions."""

    program: Program
    zone: ZoneInfo
    accounts: Mapping[int, BookAccount]
    transfers: int
    closes: date

    def name_of(self, account_id: int) -> str:
        """Return an account's name; one that isn't in the chart gets one that nobody opened."""
        account = self.accounts.get(account_id)
        return account.name if account else account_name(self.program.code, f"#{account_id}")


def read_book(session: Session, program: Program) -> Book:
    """Return what all of a program's transfers need to be told: its accounts, by name."""
    zone = zone_of(program.time_zone)
    transfers, last = session.execute(
        select(func.count(Transfer.id), func.max(Transfer.effective_at)).where(
            Transfer.program_id == program.id
        )
    ).one()
    rows = session.execute(
        select(Account.id, Account.role, Account.currency, Partner.code)
        .outerjoin(Partner, Partner.id == Account.partner_id)
        .where(Account.program_id == program.id)
    )
    accounts = {
        account_id: BookAccount(
            account_name(program.code, role, partner_code=partner_code),
            currency,
            _labels(program, role, partner_code),
        )
        for account_id, role, currency, partner_code in rows
    }
    by_name = sorted(accounts.items(), key=lambda item: item[1].name)
    closes = (_day(last, zone) if last else _NO_DAY) + DAY
    return Book(program, zone, dict(by_name), transfers, closes)


def _labels(program: Program, role: str, partner_code: str | None) -> dict[str, str]:
    labels = {"program": program.code, "role": role}
    return labels if partner_code is None else labels | {"partner": partner_code}


def _day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def transactions(session: Session, book: Book, advance: Advance) -> Iterator[Transaction]:
    """Yield the program's transfers by effective time and id, a thousand in memory."""
    rows = session.execute(
        select(
            Transfer.id,
            Transfer.code,
            Transfer.reference,
            Transfer.effective_at,
            Transfer.debit_account_id,
            Transfer.credit_account_id,
            Transfer.amount_minor,
        )
        .where(Transfer.program_id == book.program.id)
        .order_by(Transfer.effective_at, Transfer.id),
        execution_options={"yield_per": _AT_ONCE},
    )
    told = counted(rows, f"writing {book.program.code}", advance, total=book.transfers)
    for transfer_id, code, reference, effective_at, debit, credit, amount in told:
        yield Transaction(
            _day(effective_at, book.zone),
            {
                "code": code,
                "reference": reference,
                "id": str(transfer_id),
                "effective_at": effective_at.isoformat(),
            },
            book.name_of(debit),
            book.name_of(credit),
            to_major(amount, book.program.currency),
        )


def balances(session: Session, book: Book) -> list[tuple[str, str]]:
    """Return each account's name and what our ledger says that it holds, debits above zero."""
    return sorted(
        (
            account_name(book.program.code, role, partner_code=partner_code),
            to_major(-balance if chart.grows_by_credit(role) else balance, book.program.currency),
        )
        for role, partner_code, balance in ledger.balances(session, book.program)
    )
