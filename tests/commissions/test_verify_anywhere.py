"""Sound books of any kind give no finding; a row touched anywhere in them gives one.

The books are those that the state machine's steps leave behind: random, and sound. Then each
kind of touch is tried on a random row, seen by ``verify``, and undone.
"""

# ruff: noqa: S608 -- the names are those of our own tables
from __future__ import annotations

import random
from collections import Counter
from typing import ClassVar, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.orm import Session

from commissions import ledger
from commissions.models import APPEND_ONLY
from tests.commissions.test_state_machine import Trade
from tests.databases import Databases

EXAMPLES = 20
STEPS = 40
RARE = 2
"""Kinds of fault for which the random books may happen to have no row."""


class Touch(NamedTuple):
    """One kind of fault: the rows that can have it, as keys, and the statement that plants it."""

    keys: str
    statement: str


def changed(table: str, change: str, where: str = "1 = 1") -> Touch:
    keys = f"select id from {table} where {where} order by id"
    return Touch(keys, f"update {table} set {change} where id = :key")


def deleted(table: str, where: str = "1 = 1") -> Touch:
    keys = f"select id from {table} where {where} order by id"
    return Touch(keys, f"delete from {table} where id = :key")


ENTRY = "account_id * 1000000 + version"
ENTRIES = f"select {ENTRY} from entries order by {ENTRY}"
SOMEBODY_ELSE = (
    "(select min(p.id) from partners p where p.program_id = payouts.program_id and p.id not in"
    " (select q.partner_id from payouts q where q.batch_id = payouts.batch_id))"
)
HOUSE = "(select id from accounts where partner_id is null)"

TOUCHES = {
    "a transfer's amount": changed("transfers", "amount_minor = amount_minor + 1"),
    "a transfer's direction": changed(
        "transfers",
        "debit_account_id = credit_account_id, credit_account_id = debit_account_id",
    ),
    "a transfer's house account": changed(
        "transfers",
        "debit_account_id = (select max(a.id) from accounts a where a.partner_id is null"
        " and a.id <> debit_account_id)",
        f"debit_account_id in {HOUSE}"
        " and (select count(*) from accounts a where a.partner_id is null) > 1",
    ),
    "a transfer's code": changed("transfers", "code = 'gift'"),
    "a transfer's reference": changed("transfers", "reference = 'nothing'"),
    "a transfer's cause": changed("transfers", "cause_id = cause_id + 1000000"),
    "a transfer": deleted("transfers"),
    "an entry's amount": Touch(
        ENTRIES, f"update entries set amount_minor = amount_minor + 1 where {ENTRY} = :key"
    ),
    "an entry's balance": Touch(
        ENTRIES, f"update entries set balance_minor = balance_minor - 1 where {ENTRY} = :key"
    ),
    "an entry's version": Touch(
        ENTRIES, f"update entries set version = version + 500 where {ENTRY} = :key"
    ),
    "an entry's transfer": Touch(
        ENTRIES, f"update entries set transfer_id = transfer_id + 1000000 where {ENTRY} = :key"
    ),
    "an entry": Touch(ENTRIES, f"delete from entries where {ENTRY} = :key"),
    "a stored balance": changed("accounts", "balance_minor = balance_minor + 1", "version > 0"),
    "a stored version": changed("accounts", "version = version + 1", "version > 0"),
    "an account's currency": changed(
        "accounts",
        "currency = 'XXX'",
        "exists (select 1 from transfers t where accounts.id in (t.debit_account_id,"
        " t.credit_account_id))",
    ),
    "a commission's amount": changed(
        "commissions", "amount_minor = amount_minor + case kind when 'clawback' then -1 else 1 end"
    ),
    "a commission's owner": changed(
        "commissions",
        "partner_id = (select min(p.id) from partners p where p.program_id = commissions.program_id"
        " and p.id <> commissions.partner_id)",
        "amount_minor <> 0",
    ),
    "a stop of a commission": changed("commissions", "state = 'held'", "state = 'on_hold'"),
    "a commission's end": changed("commissions", "state = 'reversed'", "state = 'rejected'"),
    "a commission's release": changed("commissions", "state = 'ready'", "state = 'on_hold'"),
    "a sale's state": changed("sales", "state = 'cancelled'", "state = 'paid'"),
    "a batch's state": changed("batches", "state = 'refused'", "state = 'approved'"),
    "a payout's amount": changed("payouts", "amount_minor = amount_minor + 1"),
    "a payout's owner": changed("payouts", f"partner_id = {SOMEBODY_ELSE}", f"{SOMEBODY_ELSE} > 0"),
    "a payout's arrival": changed("payouts", "state = 'settled'", "state = 'sent'"),
    "a payout's approval": changed("payouts", "state = 'approved'", "state = 'reserved'"),
    "a payout's rail": changed("payouts", "rail = 'manual'", "state = 'settled'"),
    "a claimed amount": changed("payout_items", "amount_minor = amount_minor + 1"),
    "a claim": deleted("payout_items"),
    "a move": deleted("state_changes", "subject <> 'commission'"),
    "a move's end": changed("state_changes", "to_state = 'lost'"),
    "a seal's digest": changed("seals", "digest = 'x'"),
    "a seal's count": changed("seals", "transfers = transfers + 1"),
    "a seal's chain": changed("seals", "previous_digest = 'x'"),
    "a seal's name": changed("seals", "month = '1999-12'"),
    "a seal's balance": changed("seal_balances", "balance_minor = balance_minor + 1"),
    "a balance of a seal": deleted("seal_balances"),
}


class Touched(Trade):
    """The trade of the state machine, and somebody who changes its rows behind the engine."""

    tried: ClassVar[Counter[str]]

    def teardown(self) -> None:
        try:
            if self.worlds:
                self.touch_everything(random.Random(len(self.done)))
        finally:
            super().teardown()

    def touch_everything(self, chance: random.Random) -> None:
        unguard(self.session)
        for name, touch in TOUCHES.items():
            keys = self.session.scalars(text(touch.keys)).all()
            if not keys:
                continue
            planted = self.session.begin_nested()
            self.session.execute(text(touch.statement), {"key": chance.choice(keys)})
            findings = ledger.verify(self.session).findings
            planted.rollback()
            assert findings, f"nobody saw that {name} was touched"
            self.tried[name] += 1


def unguard(session: Session) -> None:
    """Take the guards off inside the test's transaction, as somebody with the keys could."""
    if session.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            session.execute(text(f"alter table {table} disable trigger user"))
        return
    names = session.scalars(text("select name from sqlite_master where type = 'trigger'")).all()
    for name in names:
        session.execute(text(f"drop trigger {name}"))


@pytest.mark.slow
def test_a_row_touched_anywhere_in_any_books_is_found(databases: Databases) -> None:
    tried: Counter[str] = Counter()
    namespace = {"engine": databases.shared, "seen": Counter(), "tried": tried}
    run_state_machine_as_test(
        type("Touched", (Touched,), namespace),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    assert len(TOUCHES.keys() - tried.keys()) <= RARE, "the examples don't get far"
