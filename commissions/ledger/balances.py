"""Reading balances: what an account holds now, or held at the end of an instant.

A partner's balance is stored; a house account's is the last sealed one and what came since.
Signs: what we owe grows by credits; expenses and cash grow by debits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, case, false, func, or_, select, union_all
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
    """Yield every account of the program with its balance, the house first, then by partner.

    What each account says is what ``balance`` says of it; the number of statements doesn't grow
    with the accounts.
    """
    as_of = as_of and aware(as_of)
    sealed_until = _sealed_until(session, program, as_of)
    sealed = sealed_by_account(program.id, sealed_until).subquery("sealed")
    moved = moved_by_account(*_since(program, sealed_until, as_of)).subquery("moved")
    credits_less_debits = func.coalesce(sealed.c.amount, 0) + func.coalesce(moved.c.amount, 0)
    rows = session.execute(
        select(Account.role, Partner.code, Account.balance_minor, credits_less_debits)
        .outerjoin(Partner, Partner.id == Account.partner_id)
        .outerjoin(sealed, sealed.c.account_id == Account.id)
        .outerjoin(moved, moved.c.account_id == Account.id)
        .where(Account.program_id == program.id)
        .order_by(Partner.code.is_not(None), Partner.code, Account.role)
    ).all()
    for role, code, stored, computed in rows:
        if as_of is None and stored is not None:
            yield AccountBalance(role, code, stored)
        else:
            sign = 1 if grows_by_credit(role) else -1
            yield AccountBalance(role, code, sign * int(computed))


def moved_by_account(*where: ColumnElement[bool]) -> Select[tuple[int, int]]:
    """Return the query of credits − debits of every account that moved in some transfers."""
    sides = union_all(
        select(
            Transfer.credit_account_id.label("account_id"), Transfer.amount_minor.label("amount")
        ).where(*where),
        select(Transfer.debit_account_id, -Transfer.amount_minor).where(*where),
    ).subquery()
    return select(sides.c.account_id, func.sum(sides.c.amount).label("amount")).group_by(
        sides.c.account_id
    )


def sealed_by_account(program_id: int, until: datetime | None) -> Select[tuple[int, int]]:
    """Return the query of each account's balance by its last seal that ends by an instant.

    A seal keeps the accounts that moved in its month, so that each has a last one of its own;
    None stands for before every seal.
    """
    newest = (
        select(SealBalance.account_id, func.max(Seal.ends_at).label("ends_at"))
        .join(Seal, Seal.id == SealBalance.seal_id)
        .where(Seal.program_id == program_id, false() if until is None else Seal.ends_at <= until)
        .group_by(SealBalance.account_id)
        .subquery("newest")
    )
    return (
        select(SealBalance.account_id, SealBalance.balance_minor.label("amount"))
        .join(Seal, Seal.id == SealBalance.seal_id)
        .join(
            newest,
            (newest.c.account_id == SealBalance.account_id) & (newest.c.ends_at == Seal.ends_at),
        )
    )


def _sealed_until(session: Session, program: Program, as_of: datetime | None) -> datetime | None:
    """Return the end of the last sealed month that ended by ``as_of``."""
    latest = select(func.max(Seal.ends_at)).where(Seal.program_id == program.id)
    return session.scalar(latest if as_of is None else latest.where(Seal.ends_at <= as_of))


def _since(
    program: Program, sealed_until: datetime | None, as_of: datetime | None
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of the program's transfers since a seal, up to an instant."""
    yield Transfer.program_id == program.id
    if sealed_until is not None:
        yield Transfer.effective_at >= sealed_until
    if as_of is not None:
        yield Transfer.effective_at <= as_of


def _from_last_seal(
    session: Session, program: Program, account_id: int, as_of: datetime | None
) -> int:
    """Return credits − debits from the last seal before ``as_of`` and the transfers since."""
    sealed_until = _sealed_until(session, program, as_of)
    signed = case(
        (Transfer.credit_account_id == account_id, Transfer.amount_minor),
        else_=-Transfer.amount_minor,
    )
    moved = session.scalar(
        select(func.coalesce(func.sum(signed), 0)).where(
            or_(Transfer.debit_account_id == account_id, Transfer.credit_account_id == account_id),
            *_since(program, sealed_until, as_of),
        )
    )
    start = 0 if sealed_until is None else _sealed(session, account_id, sealed_until)
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
