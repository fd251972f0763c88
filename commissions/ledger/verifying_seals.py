"""Checks of the seals: each month's hash, the chain of months, and the balances kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Subquery, and_, func, or_, select, union_all
from sqlalchemy.orm import Session

from commissions.ledger.sealing import digest_of
from commissions.ledger.verifying_parts import Check, Finding, of_program
from commissions.models import Seal, SealBalance, Transfer


def seal_findings(session: Session, scope: int | None) -> Iterator[Finding]:
    """Hash every sealed month again and follow the chain from month to month."""
    before: dict[int, str] = {}
    seals = select(
        Seal.program_id,
        Seal.month,
        Seal.starts_at,
        Seal.ends_at,
        Seal.transfers,
        Seal.previous_digest,
        Seal.digest,
    ).where(*of_program(Seal.program_id, scope))
    for seal in session.execute(seals.order_by(Seal.program_id, Seal.ends_at)).all():
        previous = before.get(seal.program_id, "")
        found = digest_of(session, seal.program_id, seal.starts_at, seal.ends_at, previous)
        before[seal.program_id] = seal.digest
        if seal.previous_digest != previous or found != (seal.transfers, seal.digest):
            detail = (
                f"month {seal.month} is sealed with {seal.transfers} transfers and digest"
                f" {seal.digest[:12]}…, its rows give {found.transfers} and {found.digest[:12]}…"
            )
            yield Finding("a seal", detail)


def seal_balances(scope: int | None) -> Check:
    """Each balance kept with a seal is what the transfers up to its month add up to."""
    moved = _moved_by_month(scope)
    cumulated = select(
        moved.c.account_id,
        moved.c.seal_id,
        func.sum(moved.c.amount)
        .over(partition_by=moved.c.account_id, order_by=moved.c.ends_at)
        .label("amount"),
    ).subquery("cumulated")
    kept = _kept(scope)
    # A full join by two left joins: SQLite before 3.39 has no other.
    same = and_(kept.c.account_id == cumulated.c.account_id, kept.c.seal_id == cumulated.c.seal_id)
    columns = (cumulated.c.amount, kept.c.balance_minor)
    faults = union_all(
        select(cumulated.c.account_id, cumulated.c.seal_id, *columns)
        .outerjoin(kept, same)
        .where(or_(kept.c.account_id.is_(None), kept.c.balance_minor != cumulated.c.amount)),
        select(kept.c.account_id, kept.c.seal_id, *columns)
        .outerjoin(cumulated, same)
        .where(cumulated.c.account_id.is_(None)),
    ).subquery("faults")
    detail = (
        "seal {seal_id} keeps {balance_minor} for account {account_id},"
        " its transfers add up to {amount}"
    )
    return detail, select(faults)


def _kept(scope: int | None) -> Subquery:
    return (
        select(SealBalance.account_id, SealBalance.seal_id, SealBalance.balance_minor)
        .join(Seal, Seal.id == SealBalance.seal_id)
        .where(*of_program(Seal.program_id, scope))
        .subquery("kept")
    )


def _moved_by_month(scope: int | None) -> Subquery:
    """Return credits − debits of each account in each sealed month in which it moved."""
    sides = [
        _sides(account, amount, scope)
        for account, amount in (
            (Transfer.credit_account_id, Transfer.amount_minor),
            (Transfer.debit_account_id, -Transfer.amount_minor),
        )
    ]
    side = union_all(*sides).subquery("side")
    columns = (side.c.account_id, side.c.seal_id, side.c.ends_at)
    return select(*columns, func.sum(side.c.amount).label("amount")).group_by(*columns).subquery()


def _sides(account: Any, amount: Any, scope: int | None) -> Any:
    in_month = and_(
        Seal.program_id == Transfer.program_id,
        Transfer.effective_at >= Seal.starts_at,
        Transfer.effective_at < Seal.ends_at,
    )
    return (
        select(
            account.label("account_id"),
            Seal.id.label("seal_id"),
            Seal.ends_at.label("ends_at"),
            amount.label("amount"),
        )
        .join(Seal, in_month)
        .where(*of_program(Transfer.program_id, scope))
    )
