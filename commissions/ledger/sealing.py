"""Sealing a month: its transfers are hashed in order, each moved account's balance is kept.

Decides what a seal covers. Whether a month may be closed is decided in ``closing``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import sets
from commissions.ledger.balances import moved_by_account, sealed_by_account
from commissions.models import Program, Seal, SealBalance, Transfer
from commissions.periods import Month, zone_of


class Digest(NamedTuple):
    """How many transfers a month has and the hash over them, chained to the month before."""

    transfers: int
    digest: str


def write_seal(session: Session, program: Program, month: Month, *, actor: str) -> Seal:
    """Write the seal of a month and the balances at its end; the caller stopped all postings."""
    zone = zone_of(program.time_zone)
    previous = last_seal(session, program)
    seal = Seal(
        program_id=program.id,
        month=str(month),
        starts_at=month.starts_at(zone),
        ends_at=month.ends_at(zone),
        previous_digest=previous.digest if previous else "",
        actor=actor,
    )
    seal.transfers, seal.digest = digest_of(session, seal, seal.previous_digest)
    session.add(seal)
    session.flush()
    _keep_balances(session, seal)
    return seal


def last_seal(session: Session, program: Program) -> Seal | None:
    """Return the seal of the program's last closed month."""
    return session.scalar(
        select(Seal).where(Seal.program_id == program.id).order_by(Seal.ends_at.desc()).limit(1)
    )


def digest_of(session: Session, seal: Seal, before: str) -> Digest:
    """Hash the transfers effective in a seal's month, by time and id, after the digest before."""
    hasher = hashlib.sha256(before.encode())
    count = 0
    for line in _lines(session, seal):
        hasher.update(line)
        count += 1
    return Digest(count, hasher.hexdigest())


def _lines(session: Session, seal: Seal) -> Iterator[bytes]:
    rows = session.execute(
        select(
            Transfer.id,
            Transfer.code,
            Transfer.reference,
            Transfer.debit_account_id,
            Transfer.credit_account_id,
            Transfer.amount_minor,
            Transfer.cause_id,
            Transfer.effective_at,
            Transfer.recorded_at,
        )
        .where(
            Transfer.program_id == seal.program_id,
            Transfer.effective_at >= seal.starts_at,
            Transfer.effective_at < seal.ends_at,
        )
        .order_by(Transfer.effective_at, Transfer.id),
        execution_options={"yield_per": 5_000},
    )
    for *plain, effective_at, recorded_at in rows:
        times = (effective_at.isoformat(), recorded_at.isoformat())
        yield "\x1f".join((*map(str, plain), *times)).encode() + b"\n"


def _keep_balances(session: Session, seal: Seal) -> None:
    moved = moved_in(session, seal)
    rows_before = session.execute(sealed_by_account(seal.program_id, seal.starts_at))
    before = {account_id: amount for account_id, amount in rows_before}
    rows = [
        {
            "seal_id": seal.id,
            "account_id": account_id,
            "balance_minor": before.get(account_id, 0) + amount,
        }
        for account_id, amount in sorted(moved.items())
    ]
    sets.insert_rows(session, SealBalance, rows)


def moved_in(session: Session, seal: Seal) -> dict[int, int]:
    """Return credits − debits of every account that moved in the seal's month."""
    rows = session.execute(
        moved_by_account(
            Transfer.program_id == seal.program_id,
            Transfer.effective_at >= seal.starts_at,
            Transfer.effective_at < seal.ends_at,
        )
    )
    return {account_id: int(amount) for account_id, amount in rows}
