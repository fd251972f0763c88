"""Proving the books from the rows alone: every promise of the ledger as one query.

Decides what a fault is and names where it lies. Mends nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Over, Select, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from commissions.ledger.verifying_causes import CAUSE_CHECKS
from commissions.ledger.verifying_claims import CLAIM_CHECKS
from commissions.ledger.verifying_parts import Check, Finding, of_program
from commissions.ledger.verifying_seals import seal_findings
from commissions.ledger.verifying_states import STATE_CHECKS
from commissions.models import Account, Entry, Program, Seal, Transfer
from commissions.progress import Advance, untold

_SHOWN = 20
"""Findings listed of each kind; a broken chain can have a million."""


@dataclass(frozen=True, slots=True)
class Report:
    """What verification looked at and what it found; no finding means that the books hold."""

    transfers: int
    entries: int
    accounts: int
    seals: int
    findings: tuple[Finding, ...]

    @property
    def balanced(self) -> bool:
        """Whether every promise holds."""
        return not self.findings


def verify(
    session: Session, program: Program | None = None, *, advance: Advance = untold
) -> Report:
    """Check one program's books, or all of them, and report every kind of fault found.

    Each check is a part of the work, and so is each sealed month; ``advance`` is told of each.
    """
    session.flush()
    scope = program.id if program else None
    seals = _count(session, _all(Seal.program_id, scope))
    findings: list[Finding] = []
    parts = itertools.chain(_check_findings(session, scope), seal_findings(session, scope))
    for done, found in enumerate(parts, start=1):
        findings.extend(found)
        advance("verifying", done, len(_CHECKS) + seals)
    return Report(
        transfers=_count(session, _all(Transfer.program_id, scope)),
        entries=_count(session, _entries_count(scope)),
        accounts=_count(session, _all(Account.program_id, scope)),
        seals=seals,
        findings=tuple(findings),
    )


def _check_findings(session: Session, scope: int | None) -> Iterator[list[Finding]]:
    """Yield what each check finds."""
    for name, check in _CHECKS.items():
        detail, query = check(scope)
        yield [Finding(name, detail.format(**row)) for row in _rows(session, query)]


def _rows(session: Session, query: Select[Any]) -> Iterator[dict[str, Any]]:
    for row in session.execute(query.limit(_SHOWN)).mappings():
        yield dict(row)


def _count(session: Session, query: Select[tuple[int]]) -> int:
    return session.scalar(query) or 0


def _all(program_id: InstrumentedAttribute[int], scope: int | None) -> Select[tuple[int]]:
    return select(func.count(program_id)).where(*of_program(program_id, scope))


def _entries_count(scope: int | None) -> Select[tuple[int]]:
    counted = select(func.count()).select_from(Entry)
    if scope is None:
        return counted
    return counted.join(Account, Account.id == Entry.account_id).where(Account.program_id == scope)


def _debits_equal_credits(scope: int | None) -> Check:
    """All sides of all accounts of a currency add up to nothing.

    Added up by pairs of accounts first: one scan of the transfers, and few rows after it.
    """
    pairs = (
        select(
            Transfer.debit_account_id.label("debit"),
            Transfer.credit_account_id.label("credit"),
            func.sum(Transfer.amount_minor).label("amount"),
        )
        .where(*of_program(Transfer.program_id, scope))
        .group_by(Transfer.debit_account_id, Transfer.credit_account_id)
        .cte("pairs")
    )
    sides = union_all(
        select(pairs.c.credit.label("id"), pairs.c.amount.label("amount")),
        select(pairs.c.debit, -pairs.c.amount),
    ).subquery()
    total = func.sum(sides.c.amount)
    query = (
        select(Account.currency, total.label("amount"))
        .join(sides, sides.c.id == Account.id)
        .group_by(Account.currency)
        .having(total != 0)
    )
    return "{currency}: credits less debits are {amount}, not 0", query


def _transfer_accounts(scope: int | None) -> Check:
    """Both accounts of a transfer exist, in its program and in one currency."""
    debit, credit = aliased(Account), aliased(Account)
    query = (
        select(Transfer.id, Transfer.code, Transfer.reference)
        .outerjoin(debit, debit.id == Transfer.debit_account_id)
        .outerjoin(credit, credit.id == Transfer.credit_account_id)
        .where(*of_program(Transfer.program_id, scope))
        .where(
            or_(
                debit.id.is_(None),
                credit.id.is_(None),
                debit.program_id != Transfer.program_id,
                credit.program_id != Transfer.program_id,
                debit.currency != credit.currency,
                Transfer.amount_minor <= 0,
            )
        )
    )
    return "transfer {id} ({code}:{reference}) has accounts that don't belong together", query


def _transfer_entries(scope: int | None) -> Check:
    """Each partner side of a transfer has exactly one entry of its amount, and no other is there.

    Sides and entries are laid over each other and counted, which is linear; a join isn't.
    """
    laid = union_all(*_sides_of_partners(scope), _entries_as_sides(scope)).subquery("laid")
    sides, entries = func.sum(laid.c.sides), func.sum(laid.c.entries)
    moved, entered = func.sum(laid.c.moved), func.sum(laid.c.entered)
    query = (
        select(
            laid.c.transfer_id,
            laid.c.account_id,
            moved.label("moved"),
            entries.label("entries"),
            entered.label("entered"),
        )
        .group_by(laid.c.transfer_id, laid.c.account_id)
        .having(or_(sides != 1, entries != 1, moved != entered))
    )
    detail = (
        "transfer {transfer_id} moves {moved} on account {account_id},"
        " which has {entries} entries of {entered} for it"
    )
    return detail, query


def _sides_of_partners(scope: int | None) -> Iterator[Select[Any]]:
    for side, amount in (
        (Transfer.credit_account_id, Transfer.amount_minor),
        (Transfer.debit_account_id, -Transfer.amount_minor),
    ):
        yield (
            select(
                Transfer.id.label("transfer_id"),
                side.label("account_id"),
                amount.label("moved"),
                literal(1).label("sides"),
                literal(0).label("entered"),
                literal(0).label("entries"),
            )
            .join(Account, Account.id == side)
            .where(Account.partner_id.is_not(None), *of_program(Transfer.program_id, scope))
        )


def _entries_as_sides(scope: int | None) -> Select[Any]:
    entries = select(
        Entry.transfer_id,
        Entry.account_id,
        literal(0),
        literal(0),
        Entry.amount_minor,
        literal(1),
    )
    if scope is None:
        return entries
    return entries.join(Account, Account.id == Entry.account_id).where(Account.program_id == scope)


def _stored_balance(scope: int | None) -> Check:
    """A partner account's stored balance and version are those of its entries."""
    added = (
        select(
            Entry.account_id,
            func.sum(Entry.amount_minor).label("total"),
            func.count().label("entries"),
        )
        .group_by(Entry.account_id)
        .subquery("added")
    )
    total, entries = func.coalesce(added.c.total, 0), func.coalesce(added.c.entries, 0)
    query = (
        select(
            Account.id,
            Account.role,
            Account.balance_minor,
            Account.version,
            total.label("total"),
            entries.label("entries"),
        )
        .outerjoin(added, added.c.account_id == Account.id)
        .where(Account.partner_id.is_not(None), *of_program(Account.program_id, scope))
        .where(or_(total != Account.balance_minor, entries != Account.version))
    )
    detail = (
        "account {id} ({role}) stores {balance_minor} at version {version},"
        " its {entries} entries add up to {total}"
    )
    return detail, query


def _before(column: InstrumentedAttribute[int]) -> Over[int]:
    """Return what the entry before this one on its account has in a column."""
    return func.lag(column).over(partition_by=Entry.account_id, order_by=Entry.version)


def _running_balance(scope: int | None) -> Check:
    """Each entry's balance is the one before it plus its amount, without a gap in versions."""
    chain = select(
        Entry.account_id,
        Entry.version,
        Entry.amount_minor,
        Entry.balance_minor,
        func.coalesce(_before(Entry.balance_minor), 0).label("before"),
        func.coalesce(_before(Entry.version), 0).label("version_before"),
    )
    if scope is not None:
        chain = chain.join(Account, Account.id == Entry.account_id).where(
            Account.program_id == scope
        )
    link = chain.subquery("chain")
    query = select(link).where(
        or_(
            link.c.balance_minor != link.c.before + link.c.amount_minor,
            link.c.version != link.c.version_before + 1,
        )
    )
    detail = (
        "entry {version} of account {account_id}: {before} and {amount_minor}"
        " don't make {balance_minor}, or a version is missing before it"
    )
    return detail, query


_CHECKS: Mapping[str, Callable[[int | None], Check]] = {
    "debits equal credits": _debits_equal_credits,
    "a transfer's accounts": _transfer_accounts,
    "a transfer's entries": _transfer_entries,
    "stored balance": _stored_balance,
    "running balance": _running_balance,
    **CAUSE_CHECKS,
    **CLAIM_CHECKS,
    **STATE_CHECKS,
}
