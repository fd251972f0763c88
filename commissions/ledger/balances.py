"""Reading balances: what an account holds now, or held at the end of an instant.

A partner's balance is stored; a house account's is the last sealed one and what came since.
Signs: what we owe grows by credits; expenses and cash grow by debits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from commissions.ledger.chart import AccountRef, grows_by_credit
from commissions.models import Account, Partner, Program, Seal, SealBalance, Transfer
from commissions.periods import aware


class AccountBalance(NamedTuple):
    """An account with its partner's code (None for the house) and its balance, minor units."""

    role: str
    partner_code: str | None
    balance_minor: int


def balance(
    session: Session, program: Program, ref: AccountRef, *, as_of: datetime | None = None
) -> int:
    """Return an account's balance in minor units; zero for one that was never used.

    With ``as_of`` only transfers effective up to and including that instant count; raises
    TimeInvalid when it has no zone.
    """
    as_of = as_of and aware(as_of)
    account = session.execute(
        select(Account.id, Account.balance_minor).where(
            Account.program_id == program.id,
            Account.role == ref.role,
            Account.partner_id.is_(None)
            if ref.partner_id is None
            else Account.partner_id == ref.partner_id,
        )
    ).one_or_none()
    if account is None:
        return 0
    if as_of is None and account.balance_minor is not None:
        return int(account.balance_minor)
    credits_less_debits = _from_last_seal(session, program, account.id, as_of)
    return credits_less_debits if grows_by_credit(ref.role) else -credits_less_debits


def balances(
    session: Session, program: Program, *, as_of: datetime | None = None
) -> Iterator[AccountBalance]:
    """Yield every account of the program with its balance, the house first, then by partner."""
    accounts = session.execute(
        select(Account.role, Account.partner_id, Partner.code)
        .outerjoin(Partner, Partner.id == Account.partner_id)
        .where(Account.program_id == program.id)
        .order_by(Partner.code.is_not(None), Partner.code, Account.role)
    ).all()
    for role, partner_id, code in accounts:
        amount = balance(session, program, AccountRef(role, partner_id), as_of=as_of)
        yield AccountBalance(role, code, amount)


def moved_amount(account_id: int | ColumnElement[int]) -> ColumnElement[int]:
    """Return the SQL sum of an account's credits less its debits over the selected transfers."""
    signed = case(
        (Transfer.credit_account_id == account_id, Transfer.amount_minor),
        else_=-Transfer.amount_minor,
    )
    return func.coalesce(func.sum(signed), 0)


def _from_last_seal(
    session: Session, program: Program, account_id: int, as_of: datetime | None
) -> int:
    """Return credits − debits from the last seal before ``as_of`` and the transfers since."""
    latest = select(func.max(Seal.ends_at)).where(Seal.program_id == program.id)
    if as_of is not None:
        latest = latest.where(Seal.ends_at <= as_of)
    sealed_until = session.scalar(latest)
    since: list[ColumnElement[bool]] = [
        Transfer.program_id == program.id,
        or_(Transfer.debit_account_id == account_id, Transfer.credit_account_id == account_id),
    ]
    if as_of is not None:
        since.append(Transfer.effective_at <= as_of)
    start = 0
    if sealed_until is not None:
        since.append(Transfer.effective_at >= sealed_until)
        start = _sealed(session, account_id, sealed_until)
    moved = session.scalar(select(moved_amount(account_id)).where(and_(*since)))
    return start + int(moved or 0)


def _sealed(session: Session, account_id: int, sealed_until: datetime) -> int:
    found = session.scalar(
        select(SealBalance.balance_minor)
        .join(Seal, Seal.id == SealBalance.seal_id)
        .where(SealBalance.account_id == account_id, Seal.ends_at <= sealed_until)
        .order_by(Seal.ends_at.desc())
        .limit(1)
    )
    return found or 0
