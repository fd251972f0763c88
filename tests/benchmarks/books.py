"""Our own books for the benchmarks: a program, its partners, commissions that wait to be booked.

A transfer without its commission would be a fault, so commissions are written beforehand, and
those that a measurement didn't reach are removed before the books are verified.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from commissions import ledger, partners, programs, sets
from commissions.ledger import Posting
from commissions.models import Account, Commission, Entry, Partner, Program, Transfer
from commissions.states import CommissionState
from storefront import database
from tests.benchmarks.ground import Ground, WrongBooks
from tests.factories import TERMS, at, make_plan, make_program, make_rule, make_terms

PARTNERS = 10_000
AMOUNT_MINOR = 1_25
BEGINNING = at("2024-02-01")
PER_SPONSOR = 10
_AT_ONCE = 50_000


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Give an engine on a database, and leave nobody connected."""
    engine = database.make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def found_program(engine: Engine) -> Program:
    """Return the program, loaded, for use in any session."""
    with database.snapshot(engine) as session:
        program = programs.find(session, TERMS.code)
        session.expunge(program)
    return program


def make_partners(url: str, count: int) -> None:
    """Make the program and its partners: of ten, one is a distributor, who sponsors one.

    Eight percent of everything, twelve of what begins with 8, and two for the sponsor.
    """
    plan = make_plan(
        make_rule(1, stock_codes=("8*",), rate_bps=1_200),
        make_rule(2, rate_bps=800),
        override_bps=200,
    )
    with opened(url) as engine, database.transaction(engine) as session:
        program = make_program(session, plan)
        terms = []
        for number in range(count):
            place = number % PER_SPONSOR
            kind = "koc" if place else "distributor"
            sponsor = f"p{number - 1}" if place == 1 else None
            terms.append(make_terms(f"p{number}", kind=kind, sponsor_code=sponsor))
        partners.enrol(session, program, terms)


def partner_ids(session: Session, program: Program) -> list[int]:
    """Return the ids of all partners, in order."""
    mine = select(Partner.id).where(Partner.program_id == program.id).order_by(Partner.id)
    return list(session.scalars(mine))


def add_commissions(url: str, owners: Sequence[int], *, since: datetime = BEGINNING) -> range:
    """Write one commission that waits to be booked for each owner; return their ids."""
    with opened(url) as engine:
        first = 0
        for start in range(0, len(owners), _AT_ONCE):
            with database.transaction(engine) as session:
                program = programs.find(session, TERMS.code)
                ids = sets.next_ids(
                    session, Commission, len(part := owners[start : start + _AT_ONCE])
                )
                first = first or ids[0]
                rows = [
                    _commission(program, ids[i], part[i], since + timedelta(seconds=start + i))
                    for i in range(len(part))
                ]
                sets.insert_rows(session, Commission, rows)
    return range(first, first + len(owners))


def _commission(
    program: Program, commission_id: int, partner_id: int, when: datetime
) -> dict[str, object]:
    return {
        "id": commission_id,
        "program_id": program.id,
        "partner_id": partner_id,
        "kind": "sale",
        "reference": f"{400_000 + commission_id}:1",
        "base_minor": 10 * AMOUNT_MINOR,
        "rate_bps": 1_000,
        "amount_minor": AMOUNT_MINOR,
        "state": CommissionState.ON_HOLD,
        "effective_at": when,
        "due_at": when + timedelta(days=30),
    }


def random_owners(url: str, count: int, *, seed: int = 4) -> list[int]:
    """Return partners drawn at random, the same each time."""
    with opened(url) as engine, database.snapshot(engine) as session:
        everyone = partner_ids(session, programs.find(session, TERMS.code))
    return random.Random(seed).choices(everyone, k=count)


def postings(session: Session, ids: range) -> list[Posting]:
    """Return the transfers that book commissions, ready to be posted."""
    rows = session.execute(
        select(
            Commission.id,
            Commission.partner_id,
            Commission.reference,
            Commission.amount_minor,
            Commission.effective_at,
        )
        .where(Commission.id >= ids.start, Commission.id < ids.stop)
        .order_by(Commission.id)
    )
    expense = ledger.expense("sale")
    return [
        Posting("accrual", reference, expense, ledger.accrued(owner), amount, when, cause)
        for cause, owner, reference, amount, when in rows
    ]


def post_all(url: str, ids: range) -> None:
    """Post what books some commissions, many at once."""
    with opened(url) as engine:
        for start in range(ids.start, ids.stop, _AT_ONCE):
            part = range(start, min(start + _AT_ONCE, ids.stop))
            with database.transaction(engine) as session:
                program = programs.find(session, TERMS.code)
                ledger.post(session, program, postings(session, part))


def open_accounts(url: str) -> None:
    """Let every partner have an account with one entry, as peers and limits have theirs."""
    with opened(url) as engine, database.snapshot(engine) as session:
        everyone = partner_ids(session, programs.find(session, TERMS.code))
    post_all(url, add_commissions(url, everyone))


def with_accounts(ground: Ground, kind: str) -> str:
    """Return books whose partners have accounts, for copies to post on."""

    def make(url: str) -> None:
        make_partners(url, ground.number(PARTNERS))
        open_accounts(url)

    return ground.prepared(kind, "partners", make)


def remove_unbooked(url: str) -> None:
    """Remove commissions that no transfer booked: a measurement didn't reach them."""
    unbooked = (
        select(Commission.id)
        .outerjoin(Transfer, Transfer.cause_id == Commission.id)
        .where(Transfer.id.is_(None))
    )
    with opened(url) as engine, database.transaction(engine) as session:
        session.execute(delete(Commission).where(Commission.id.in_(unbooked)))


def verify(url: str) -> ledger.Report:
    """Prove the books; raises WrongBooks."""
    with opened(url) as engine, database.snapshot(engine) as session:
        report = ledger.verify(session)
    if not report.balanced:
        first = report.findings[0]
        raise WrongBooks(f"the books are wrong: {first.check}: {first.detail}")
    return report


def counts(engine: Engine) -> tuple[int, int]:
    """Return how many transfers and entries there are."""
    with database.snapshot(engine) as session:
        transfers = session.scalar(select(func.count()).select_from(Transfer)) or 0
        entries = session.scalar(select(func.count()).select_from(Entry)) or 0
    return transfers, entries


def balances(engine: Engine) -> list[tuple[int, str, int]]:
    """Return what each partner's account holds: the books without their ids and times."""
    with database.snapshot(engine) as session:
        rows = session.execute(
            select(Account.partner_id, Account.role, Account.balance_minor)
            .where(Account.partner_id.is_not(None))
            .order_by(Account.partner_id, Account.role)
        )
        return [(partner or 0, role, balance or 0) for partner, role, balance in rows]
