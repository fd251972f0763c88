"""Posting transfers: the one way by which money moves in the books.

Decides nothing about who is owed what. Refuses a transfer into a sealed month, a key that is
in the books with other content, and an amount that isn't above zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commissions import sets
from commissions.errors import AmountInvalid, KeyConflict, MonthSealed
from commissions.ledger import one
from commissions.ledger.chart import AccountRef
from commissions.ledger.postings import Posted, Posting
from commissions.models import Account, Entry, Program, Seal, Transfer
from commissions.money import MAX_MINOR
from commissions.periods import aware


class _Held(NamedTuple):
    """An account row as it is locked; house accounts have neither balance nor version."""

    id: int
    balance_minor: int | None
    version: int | None


def post(session: Session, program: Program, postings: Sequence[Posting]) -> Posted:
    """Make transfers, in the order given; a key with the same content is a no-op.

    Set-based: a number of statements that doesn't grow with the set. Partner accounts are
    locked in id order, so writers on PostgreSQL can't lock each other for ever. Raises
    AmountInvalid, KeyConflict, MonthSealed, TimeInvalid.
    """
    wanted = _distinct(postings)
    if not wanted:
        return Posted(0, 0)
    if _post_as_new(session, program, wanted):
        return Posted(len(wanted), len(postings) - len(wanted))
    hold_months_open(session, program)
    accounts = _lock_accounts(session, program, wanted)
    fresh = _not_in_the_books(session, program, wanted, accounts)
    refuse_sealed_months(
        session, program, {f"Transfer {p.code}:{p.reference}": p.effective_at for p in fresh}
    )
    _write(session, program, fresh, accounts)
    return Posted(len(fresh), len(postings) - len(fresh))


def _post_as_new(
    session: Session, program: Program, wanted: Mapping[tuple[str, str], Posting]
) -> bool:
    """Post what is nearly always right: keys that nobody has used, in an open month.

    The unique key finds out about the rest, and then nothing of it is written: to look every key
    up first took a third of a large set's time. SQLite's savepoints grow with the square of what
    is written in them (a hundred thousand rows: 15 s), so it looks first.
    """
    if not sets.is_postgresql(session):
        return False
    if len(wanted) == 1:
        return one.post_one(session, program, *wanted.values(), lock=_MONTHS_LOCK)
    hold_months_open(session, program)
    accounts = _lock_accounts(session, program, wanted)
    opened = open_from(session, program)
    if opened and any(posting.effective_at < opened for posting in wanted.values()):
        return False
    try:
        with session.begin_nested():
            _write(session, program, [*wanted.values()], accounts)
    except IntegrityError:
        return False
    return True


def open_from(session: Session, program: Program) -> datetime | None:
    """Return the first instant of the open month, None while no month is sealed."""
    return session.scalar(select(func.max(Seal.ends_at)).where(Seal.program_id == program.id))


def hold_months_open(session: Session, program: Program) -> None:
    """Keep the program's months from being sealed until this transaction ends (PostgreSQL).

    A verb that moves money takes this lock before all others, so that whoever keeps all
    postings out (a seal, an import) finds nobody who holds a row and waits for it.
    """
    _advisory_lock(session, "pg_advisory_xact_lock_shared", program)


def stop_postings(session: Session, program: Program) -> None:
    """Wait until no transaction posts to the program, and keep others out (PostgreSQL)."""
    _advisory_lock(session, "pg_advisory_xact_lock", program)


_MONTHS_LOCK = 0x484F41
"""The first half of the advisory lock's key; the second is the program's id."""


def _advisory_lock(session: Session, function: str, program: Program) -> None:
    if sets.is_postgresql(session):
        statement = text(f"select {function}(:space, :program)")
        session.execute(statement, {"space": _MONTHS_LOCK, "program": program.id})


def _distinct(postings: Sequence[Posting]) -> dict[tuple[str, str], Posting]:
    """Return the postings by their keys, in the order given; each is checked by itself."""
    for posting in postings:
        if not 0 < posting.amount_minor <= MAX_MINOR:
            message = (
                f"Transfer {posting.code}:{posting.reference} moves {posting.amount_minor}:"
                f" give 1 to {MAX_MINOR} minor units."
            )
            raise AmountInvalid(message)
    for instant in {posting.effective_at for posting in postings}:
        aware(instant)
    wanted = {(posting.code, posting.reference): posting for posting in reversed(postings)}
    if len(wanted) < len(postings):
        for posting in postings:
            if wanted[posting.key] != posting:
                raise _conflict(wanted[posting.key], posting, before="given first was")
    return dict(reversed(wanted.items()))


def _conflict(known: Posting, given: Posting, *, before: str) -> KeyConflict:
    """Return the refusal that names what differs in a key's two contents, and shows both."""
    differing = [name for name, value in known.content.items() if value != given.content[name]]
    message = (
        f"Transfer {given.code}:{given.reference} has another {' and '.join(differing)}:"
        f" {before} {_told(known)}; given was {_told(given)}."
        f" Send it as it was, or another transfer under a new reference."
    )
    return KeyConflict(message)


def _told(posting: Posting) -> str:
    return ", ".join(f"{name}={value}" for name, value in posting.content.items())


def _lock_accounts(
    session: Session, program: Program, wanted: Mapping[tuple[str, str], Posting]
) -> dict[AccountRef, _Held]:
    refs = {ref for posting in wanted.values() for ref in (posting.debit, posting.credit)}
    accounts = _read_accounts(session, program, refs)
    missing = refs - accounts.keys()
    if missing:
        _open_accounts(session, program, missing)
        accounts = _read_accounts(session, program, refs)
    return accounts


def _read_accounts(
    session: Session, program: Program, refs: set[AccountRef]
) -> dict[AccountRef, _Held]:
    columns = (Account.role, Account.partner_id, Account.id, Account.balance_minor, Account.version)
    mine = select(*columns).where(Account.program_id == program.id)
    partners = {ref.partner_id for ref in refs if ref.partner_id is not None}
    roles = {ref.role for ref in refs if ref.partner_id is not None}
    locked = session.execute(
        mine.where(sets.among(session, Account.partner_id, partners), Account.role.in_(roles))
        .order_by(Account.id)
        .with_for_update()
    )
    house = session.execute(mine.where(Account.partner_id.is_(None)))
    found = {AccountRef(row[0], row[1]): _Held(*row[2:]) for row in (*locked, *house)}
    return {ref: found[ref] for ref in refs if ref in found}


def _open_accounts(session: Session, program: Program, refs: set[AccountRef]) -> None:
    """Open accounts that don't exist yet; another writer may open the same ones meanwhile."""
    rows = [
        {
            "program_id": program.id,
            "partner_id": ref.partner_id,
            "role": ref.role,
            "currency": program.currency,
            "balance_minor": None if ref.partner_id is None else 0,
            "version": None if ref.partner_id is None else 0,
        }
        for ref in sorted(refs, key=lambda ref: (ref.partner_id or 0, ref.role))
    ]
    sets.insert_missing(session, Account, rows)


def _not_in_the_books(
    session: Session,
    program: Program,
    wanted: Mapping[tuple[str, str], Posting],
    accounts: Mapping[AccountRef, _Held],
) -> list[Posting]:
    """Return the postings whose key is new; the accounts are locked, so no other can add it."""
    refs = {account.id: ref for ref, account in accounts.items()}
    known = session.execute(
        select(
            Transfer.code,
            Transfer.reference,
            Transfer.debit_account_id,
            Transfer.credit_account_id,
            Transfer.amount_minor,
            Transfer.effective_at,
            Transfer.cause_id,
        ).where(
            Transfer.program_id == program.id,
            Transfer.code.in_({posting.code for posting in wanted.values()}),
            sets.among(session, Transfer.reference, {p.reference for p in wanted.values()}),
        )
    )
    seen = set()
    for code, reference, debit, credit, *rest in known:
        given = wanted.get((code, reference))
        if given is None:
            continue
        unknown = AccountRef("another account")
        held = Posting(code, reference, refs.get(debit, unknown), refs.get(credit, unknown), *rest)
        if held != given:
            raise _conflict(held, given, before="the books hold")
        seen.add(given.key)
    return [posting for key, posting in wanted.items() if key not in seen]


def refuse_sealed_months(
    session: Session, program: Program, effective: Mapping[str, datetime]
) -> None:
    """Raise MonthSealed when one of the things named would be effective in a sealed month."""
    opened = open_from(session, program) if effective else None
    if opened is None:
        return
    what, earliest = min(effective.items(), key=lambda item: item[1])
    if earliest < opened:
        message = (
            f"{what} would be effective at {earliest.isoformat()}, in a sealed month:"
            f" make it effective at {opened.isoformat()} or later."
        )
        raise MonthSealed(message)


def _write(
    session: Session,
    program: Program,
    fresh: Sequence[Posting],
    accounts: Mapping[AccountRef, _Held],
) -> None:
    ids = sets.next_ids(session, Transfer, len(fresh))
    sets.insert_records(
        session, Transfer, _transfers(program.id, fresh, ids, accounts), columns=_TRANSFER
    )
    entries, moved = _entries(fresh, ids, accounts)
    # By account, as the index lies: it takes a third less than one here and one there.
    sets.insert_records(session, Entry, sorted(entries), columns=_ENTRY)
    sets.update_by_id(session, Account, moved)


_TRANSFER = (
    "id",
    "program_id",
    "debit_account_id",
    "credit_account_id",
    "amount_minor",
    "code",
    "reference",
    "cause_id",
    "effective_at",
)
_ENTRY = ("account_id", "version", "transfer_id", "amount_minor", "balance_minor")


def _transfers(
    program_id: int,
    fresh: Sequence[Posting],
    ids: Sequence[int],
    accounts: Mapping[AccountRef, _Held],
) -> Iterator[tuple[object, ...]]:
    """Yield the rows in the columns' order while they are written, not before."""
    id_of = {ref: held.id for ref, held in accounts.items()}
    for transfer_id, posting in zip(ids, fresh, strict=True):
        yield (
            transfer_id,
            program_id,
            id_of[posting.debit],
            id_of[posting.credit],
            posting.amount_minor,
            posting.code,
            posting.reference,
            posting.cause_id,
            posting.effective_at,
        )


def _entries(
    fresh: Sequence[Posting], ids: Sequence[int], accounts: Mapping[AccountRef, _Held]
) -> tuple[list[tuple[int, ...]], list[sets.Row]]:
    """Return an entry for each partner side, and the accounts' balances after all of them."""
    running = {
        ref: (held.id, held.balance_minor, held.version)
        for ref, held in accounts.items()
        if held.balance_minor is not None and held.version is not None
    }
    before = dict(running)
    entries: list[tuple[int, ...]] = []
    for transfer_id, posting in zip(ids, fresh, strict=True):
        for ref, amount in (
            (posting.debit, -posting.amount_minor),
            (posting.credit, posting.amount_minor),
        ):
            if ref in running:
                account_id, balance, version = running[ref]
                balance, version = balance + amount, version + 1
                running[ref] = (account_id, balance, version)
                entries.append((account_id, version, transfer_id, amount, balance))
    moved: list[sets.Row] = [
        {"id": account_id, "balance_minor": balance, "version": version}
        for ref, (account_id, balance, version) in running.items()
        if before[ref] != running[ref]
    ]
    return entries, sorted(moved, key=itemgetter("id"))
