"""Checks of the seals: each month's span and hash, the chain of months, the balances kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.ledger.sealing import digest_of, moved_in
from commissions.ledger.verifying_parts import Finding, of_program
from commissions.models import Program, Seal, SealBalance
from commissions.periods import month_of, zone_of


def seal_findings(session: Session, scope: int | None) -> Iterator[list[Finding]]:
    """Yield what is wrong with each sealed month: its span, its hash, the balances it keeps."""
    programs = session.execute(
        select(Program.id, Program.time_zone).where(*of_program(Program.id, scope))
    ).all()
    for program_id, time_zone in programs:
        seals = session.scalars(
            select(Seal).where(Seal.program_id == program_id).order_by(Seal.ends_at),
            execution_options={"populate_existing": True},
        ).all()
        by_month = zip(
            _span_findings(seals, zone_of(time_zone)),
            _chain_findings(session, seals),
            _balance_findings(session, seals),
            strict=True,
        )
        for spans, chains, balances in by_month:
            yield [*spans, *chains, *balances]


def _span_findings(seals: Sequence[Seal], zone: ZoneInfo) -> Iterator[list[Finding]]:
    """Each seal spans the month that it names, and months follow without a gap."""
    begins = seals[0].starts_at if seals else None
    for seal in seals:
        month = month_of(seal.starts_at, zone)
        span = (month.starts_at(zone), month.ends_at(zone))
        holds = (str(month), *span) == (seal.month, seal.starts_at, seal.ends_at)
        detail = (
            f"the seal of {seal.month} spans {seal.starts_at.isoformat()} to"
            f" {seal.ends_at.isoformat()}, which isn't that month or leaves a gap before it"
        )
        yield [] if holds and begins == span[0] else [Finding("a seal", detail)]
        begins = seal.ends_at


def _chain_findings(session: Session, seals: Sequence[Seal]) -> Iterator[list[Finding]]:
    """Each month's transfers still give its hash, chained to the month before."""
    previous = ""
    for seal in seals:
        found = digest_of(session, seal, previous)
        holds = seal.previous_digest == previous and found == (seal.transfers, seal.digest)
        detail = (
            f"month {seal.month} is sealed with {seal.transfers} transfers and digest"
            f" {seal.digest[:12]}…, its rows give {found.transfers} and {found.digest[:12]}…"
        )
        yield [] if holds else [Finding("a seal", detail)]
        previous = seal.digest


def _balance_findings(session: Session, seals: Sequence[Seal]) -> Iterator[list[Finding]]:
    """Each seal keeps, for the accounts that moved in its month, what they add up to by then."""
    running: dict[int, int] = {}
    for seal in seals:
        moved = moved_in(session, seal)
        for account_id, amount in moved.items():
            running[account_id] = running.get(account_id, 0) + amount
        expected = {account_id: running[account_id] for account_id in moved}
        kept = _kept(session, seal)
        yield [
            Finding(
                "a seal's balances",
                f"the seal of {seal.month} keeps {kept.get(account_id)} for account"
                f" {account_id}, its transfers add up to {expected.get(account_id)}",
            )
            for account_id in sorted(expected.keys() | kept.keys())
            if expected.get(account_id) != kept.get(account_id)
        ]


def _kept(session: Session, seal: Seal) -> dict[int, int]:
    rows = session.execute(
        select(SealBalance.account_id, SealBalance.balance_minor).where(
            SealBalance.seal_id == seal.id
        )
    )
    return {account_id: amount for account_id, amount in rows}
