"""Eight workers at once on the same thing: each gets its answer, and nothing is doubled.

On PostgreSQL the workers run side by side, each on a connection of its own, started together by
a barrier; on SQLite they queue at the beginning of their transactions.
"""

# ruff: noqa: ANN401 -- a job answers whatever its verb answers
from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import Session

from commissions import (
    accrual,
    approval,
    bonuses,
    clawbacks,
    closing,
    conversions,
    ledger,
    partners,
    payouts,
    programs,
    settling,
)
from commissions.models import (
    Account,
    Base,
    Batch,
    Commission,
    Entry,
    Payout,
    PayoutItem,
    Program,
    SaleRecord,
    Transfer,
)
from commissions.periods import Month, parse_month
from commissions.values import Completion, Refund, RefundLine
from storefront import database
from tests.factories import at, make_line, make_partner, make_program, make_sale, make_touch

pytestmark = pytest.mark.slow

WORKERS = 8
ROUNDS = 100
PAID = at("2024-01-05 12:00")
COMPLETED = at("2024-01-10")
DUE = at("2024-03-01")
CODE = "race"

Job = Callable[..., Any]


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """A program with two partners, committed."""
    with database.transaction(engine) as session:
        program = make_program(session, code=CODE)
        for code in ("mai", "linh"):
            make_partner(session, program, code)
    return engine


def together(engine: Engine, job: Job, number: int) -> list[Any]:
    """Let eight workers do the same job at the same moment; return their answers."""
    barrier = threading.Barrier(WORKERS)

    def work(worker: int) -> Any:
        with database.transaction(engine) as session:
            program = programs.find(session, CODE)
            if engine.dialect.name == "postgresql":
                barrier.wait(30)
            return job(session, program, number * 100 + worker)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, range(WORKERS)))


def sell(session: Session, program: Program, reference: str, *, completed: bool = True) -> None:
    """Record a sale of 100.00 that Mai brought, completed unless told otherwise."""
    mai = partners.find(session, program, "mai")
    lines = (make_line(amount_minor=100_00, quantity=4),)
    touches = (make_touch(mai, PAID - timedelta(hours=1)),)
    conversions.record(
        session, program, [make_sale(reference, paid_at=PAID, lines=lines, touches=touches)]
    )
    if completed:
        accrual.accrue(session, program, [Completion(reference, COMPLETED)], actor="shop")


def prepared(engine: Engine, prepare: Job) -> Any:
    with database.transaction(engine) as session:
        return prepare(session, programs.find(session, CODE))


def count(engine: Engine, table: type[Base], *where: ColumnElement[bool]) -> int:
    with database.transaction(engine) as session:
        found = session.scalar(select(func.count()).select_from(table).where(*where))
    return found or 0


def books_hold(engine: Engine) -> bool:
    with database.transaction(engine) as session:
        findings = ledger.verify(session).findings
    assert not findings, findings
    return True


def rounds_on(engine: Engine, rounds: int = ROUNDS) -> range:
    """A hundred rounds side by side; where writers take turns anyway, a tenth."""
    return range(rounds if engine.dialect.name == "postgresql" else rounds // 10)


def test_one_order_recorded_by_eight_is_one_sale(shop: Engine) -> None:
    for number in rounds_on(shop):
        together(shop, lambda s, p, _n, ref=f"S-{number}": sell(s, p, ref, completed=False), number)
        assert count(shop, SaleRecord) == number + 1
    assert books_hold(shop)


def test_one_order_completed_by_eight_is_credited_once(shop: Engine) -> None:
    for number in rounds_on(shop):
        reference = f"S-{number}"
        prepared(shop, lambda s, p, ref=reference: sell(s, p, ref, completed=False))

        def complete(session: Session, program: Program, _n: int, ref: str = reference) -> bool:
            done = accrual.accrue(session, program, [Completion(ref, COMPLETED)], actor="shop")
            assert done[0].amount_minor == 10_00
            return done[0].new

        assert sum(map(bool, together(shop, complete, number))) == 1
        assert count(shop, Commission) == number + 1
    assert books_hold(shop)


def test_one_release_by_eight_releases_once(shop: Engine) -> None:
    for number in rounds_on(shop):
        prepared(shop, lambda s, p, ref=f"S-{number}": sell(s, p, ref))
        released = together(
            shop, lambda s, p, _n: approval.release(s, p, at=DUE, actor="jobs"), number
        )
        assert sum(one.commissions for one in released) == 1
        assert count(shop, Transfer, Transfer.code == "release") == number + 1
    assert books_hold(shop)


def test_one_refund_by_eight_takes_back_once(shop: Engine) -> None:
    for number in rounds_on(shop):
        reference = f"S-{number}"
        prepared(shop, lambda s, p, ref=reference: sell(s, p, ref))
        refund = Refund(f"R-{number}", DUE, (RefundLine(reference, 1, 1),))

        def take(session: Session, program: Program, _n: int, refund: Refund = refund) -> object:
            return clawbacks.take_back(session, program, [refund], actor="shop")[0]

        answers = together(shop, take, number)
        assert sum(one.new for one in answers) == 1
        assert {one.amount_minor for one in answers} == {-2_50}
    assert count(shop, Commission, Commission.kind == "clawback") == len(rounds_on(shop))
    assert books_hold(shop)


def test_one_batch_built_by_eight_claims_each_commission_once(shop: Engine) -> None:
    def ready(session: Session, program: Program, reference: str) -> None:
        sell(session, program, reference)
        approval.release(session, program, at=DUE, actor="jobs")

    for number in rounds_on(shop):
        prepared(shop, lambda s, p, ref=f"S-{number}": ready(s, p, ref))
        built = together(
            shop, lambda s, p, n: payouts.build_batch(s, p, maker=f"maker {n}", at=DUE), number
        )
        assert sum(len(one.payouts) for one in built) == 1
        assert count(shop, PayoutItem) == number + 1
    assert books_hold(shop)


def built_batch(session: Session, program: Program, reference: str) -> int:
    sell(session, program, reference)
    approval.release(session, program, at=DUE, actor="jobs")
    built = payouts.build_batch(session, program, maker="an", at=DUE)
    assert built.batch is not None
    return built.batch.id


def test_one_batch_approved_and_sent_by_eight_goes_out_once(shop: Engine) -> None:
    for number in rounds_on(shop):
        batch_id = prepared(shop, lambda s, p, ref=f"S-{number}": built_batch(s, p, ref))

        def approve(session: Session, program: Program, _n: int, batch: int = batch_id) -> object:
            return payouts.approve(session, program, batch, checker="binh", at=DUE)

        def send(session: Session, program: Program, _n: int, batch: int = batch_id) -> object:
            _, listed = payouts.find_batch(session, program, batch)
            return settling.begin_sending(session, program, [listed[0].id], at=DUE, actor="jobs")

        together(shop, approve, number)
        orders = [order for orders in together(shop, send, number) for order in orders]
        assert len(orders) == 1, "one worker sends, the others see that it is being sent"
    assert count(shop, Batch, Batch.state == "approved") == len(rounds_on(shop))
    assert count(shop, Payout, Payout.state == "sending") == len(rounds_on(shop))
    assert books_hold(shop)


def test_refunds_and_the_ends_of_payouts_do_not_lock_each_other_for_ever(shop: Engine) -> None:
    for number in rounds_on(shop, 30):
        reference = f"S-{number}"
        batch_id = prepared(shop, lambda s, p, ref=reference: built_batch(s, p, ref))

        def either(
            session: Session, program: Program, n: int, ref: str = reference, batch: int = batch_id
        ) -> None:
            if n % 2:
                refund = Refund(f"R-{n}", DUE, (RefundLine(ref, 1, 1),))
                clawbacks.take_back(session, program, [refund], actor="shop")
            else:
                _, listed = payouts.find_batch(session, program, batch)
                settling.fail(
                    session, program, [listed[0].id], at=DUE, actor="bank", reason="account closed"
                )

        together(shop, either, number)
    assert books_hold(shop)


def test_one_transfer_posted_by_eight_is_made_once(shop: Engine) -> None:
    for number in rounds_on(shop):
        same = posting(shop, f"P-{number}")
        made = together(shop, lambda s, p, _n, one=same: ledger.post(s, p, [one]), number)
        assert sorted(made) == [ledger.Posted(0, 1)] * (WORKERS - 1) + [ledger.Posted(1, 0)]
    assert chain(shop) == [*range(1, len(rounds_on(shop)) + 1)]


def test_transfers_of_eight_to_one_account_make_one_unbroken_chain(shop: Engine) -> None:
    for number in rounds_on(shop):
        together(shop, lambda s, p, n: ledger.post(s, p, [posting(shop, f"P-{n}", s)]), number)
    assert chain(shop) == [*range(1, WORKERS * len(rounds_on(shop)) + 1)]


def posting(engine: Engine, reference: str, session: Session | None = None) -> ledger.Posting:
    """Return a transfer of one to what Mai has on hold."""
    with nullcontext(session) if session else database.transaction(engine) as reading:
        mai = partners.find(reading, programs.find(reading, CODE), "mai")
    return ledger.Posting(
        code="accrual",
        reference=reference,
        debit=ledger.expense("sale"),
        credit=ledger.of_partner("accrued", mai.id),
        amount_minor=1,
        effective_at=PAID,
        cause_id=1,
    )


def chain(engine: Engine) -> list[int]:
    """Return the running balances of the one account that has any, in the order of versions."""
    with database.transaction(engine) as session:
        entries = session.execute(
            select(Entry.balance_minor, Account.balance_minor, Account.version)
            .join(Account, Account.id == Entry.account_id)
            .order_by(Entry.version)
        ).all()
    assert entries[-1][1] == entries[-1][2] == len(entries)
    return [entry[0] for entry in entries]


def test_one_month_closed_by_eight_is_sealed_once(shop: Engine) -> None:
    prepared(shop, lambda s, p: sell(s, p, "S-1"))
    month = parse_month("2024-01")
    for number in rounds_on(shop, 30):
        now = month.next().next().starts_at(ZoneInfo("UTC"))

        def close(
            session: Session,
            program: Program,
            _n: int,
            month: Month = month,
            now: datetime = now,
        ) -> str:
            bonuses.award(session, program, month, now=now, actor="finance")
            return closing.seal(session, program, month, now=now, actor="finance").digest

        assert len({*together(shop, close, number)}) == 1
        month = month.next()
    assert books_hold(shop)
