"""The books as finance reads them: what each group of accounts holds, and the closed months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from commissions import ledger, sets
from commissions.ledger.chart import PARTNER_ROLES
from commissions.models import (
    Account,
    Batch,
    Commission,
    Partner,
    Payout,
    Program,
    SaleRecord,
    Seal,
)
from commissions.states import MONEY_LIES_IN
from storefront.finance.queue import HELD, MOST_SHOWN


class Group(NamedTuple):
    """The partners' accounts of one role: what they hold in all, and what of it is debt."""

    role: str
    accounts: int
    amount_minor: int
    debt_minor: int


class House(NamedTuple):
    """One account of the house and its balance."""

    role: str
    amount_minor: int


class Standing(NamedTuple):
    """What one partner is owed, as the partner's own page tells it: held is in no other figure."""

    code: str
    name: str
    on_hold: int
    held: int
    ready: int
    in_payout: int

    @property
    def in_all(self) -> int:
        """All that the partner is owed."""
        return self.on_hold + self.held + self.ready + self.in_payout


class Earned(NamedTuple):
    """One commission of a partner."""

    commission: Commission
    order: str | None


def groups(session: Session, program: Program) -> list[Group]:
    """Return what is owed to partners by account, from the stored balances."""
    below = case((Account.balance_minor < 0, -Account.balance_minor), else_=0)
    found = session.execute(
        select(
            Account.role,
            func.count(case((Account.balance_minor != 0, Account.id))),
            func.coalesce(func.sum(Account.balance_minor), 0),
            func.coalesce(func.sum(below), 0),
        )
        .where(Account.program_id == program.id, Account.partner_id.is_not(None))
        .group_by(Account.role)
    )
    by_role = {row[0]: Group(row[0], row[1], int(row[2]), int(row[3])) for row in found}
    return [by_role.get(role, Group(role, 0, 0, 0)) for role in PARTNER_ROLES]


def house(session: Session, program: Program) -> list[House]:
    """Return the house's accounts and what they hold."""
    roles = session.scalars(
        select(Account.role)
        .where(Account.program_id == program.id, Account.partner_id.is_(None))
        .order_by(Account.role)
    ).all()
    return [
        House(role, ledger.balance(session, program, ledger.AccountRef(role))) for role in roles
    ]


def standings(session: Session, program: Program) -> list[Standing]:
    """Return what partners are owed, who is owed most first."""
    sums = [
        func.coalesce(func.sum(case((Account.role == role, Account.balance_minor), else_=0)), 0)
        for role in PARTNER_ROLES
    ]
    found = session.execute(
        select(Partner.id, Partner.code, Partner.name, *sums)
        .outerjoin(Account, Account.partner_id == Partner.id)
        .where(Partner.program_id == program.id)
        .group_by(Partner.id)
        .order_by((sums[0] + sums[1] + sums[2]).desc(), Partner.name)
        .limit(MOST_SHOWN)
    ).all()
    held = _held(session, [row[0] for row in found])
    return [
        Standing(
            row.code,
            row.name,
            int(row[3]) - held.get((row.id, "accrued"), 0),
            sum(held.get((row.id, role), 0) for role in PARTNER_ROLES),
            int(row[4]) - held.get((row.id, "payable"), 0),
            int(row[5]),
        )
        for row in found
    ]


def held_in_all(session: Session, program: Program) -> int:
    """Return what of the partners' accounts is held for review."""
    held = select(func.coalesce(func.sum(Commission.amount_minor), 0)).where(
        Commission.program_id == program.id, Commission.state.in_(HELD)
    )
    return int(session.scalar(held) or 0)


def _held(session: Session, partner_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """Return what is held for review, by partner and the account in which it lies."""
    rows = session.execute(
        select(Commission.partner_id, Commission.state, func.sum(Commission.amount_minor))
        .where(sets.among(session, Commission.partner_id, partner_ids), Commission.state.in_(HELD))
        .group_by(Commission.partner_id, Commission.state)
    )
    return {(row[0], MONEY_LIES_IN[row[1]]): int(row[2]) for row in rows}


def seals(session: Session, program: Program) -> Sequence[Seal]:
    """Return the closed months, the newest first."""
    return session.scalars(
        select(Seal).where(Seal.program_id == program.id).order_by(Seal.ends_at.desc())
    ).all()


def earned_by(session: Session, partner: Partner) -> list[Earned]:
    """Return a partner's newest commissions."""
    found = session.execute(
        select(Commission, SaleRecord.reference)
        .outerjoin(SaleRecord, SaleRecord.id == Commission.sale_id)
        .where(Commission.partner_id == partner.id)
        .order_by(Commission.effective_at.desc(), Commission.id.desc())
        .limit(MOST_SHOWN)
    )
    return [Earned(*row) for row in found]


def paid_to(session: Session, partner: Partner) -> list[tuple[Payout, Batch]]:
    """Return a partner's payouts with their batches, the newest first."""
    found = session.execute(
        select(Payout, Batch)
        .join(Batch, Batch.id == Payout.batch_id)
        .where(Payout.partner_id == partner.id)
        .order_by(Payout.id.desc())
        .limit(MOST_SHOWN)
    )
    return [(payout, batch) for payout, batch in found]
