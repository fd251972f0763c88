"""The whole engine under random steps in any order, each beside an oracle of the money.

200 examples of 50 steps on each database, in shards that can run beside each other. Each example
happens inside one transaction that is undone. What the oracle expects to be refused must be
refused, by that name; any other refusal fails.
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext, suppress

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, run_state_machine_as_test
from sqlalchemy import select

from commissions import ledger
from commissions.errors import KeyConflict, StateConflict
from commissions.ledger import AccountRef, Posting
from commissions.models import Account, Transfer
from tests.commissions.bookreading import Figures, digest, figures
from tests.commissions.trading import ANY, step
from tests.commissions.trading_payouts import PayingOut
from tests.commissions.world import World, again
from tests.databases import Databases

EXAMPLES = 200
STEPS = 50
SHARDS = 4
VERIFIED_EVERY = 20

MOVES_ON = {"refuse", "settle", "hold", "lift", "reject"}
"""Steps that may be refused when they are done again: what they moved has moved on."""

WALKED = {"sell", "complete", "refund", "fraud", "release", "hold", "reject", "award", "seal"}
WALKED |= {"build", "approve", "begin", "hear done", "a step again", "a transfer again"}


class Trade(PayingOut):
    """Everything that can happen to two programs, and what must hold after each step."""

    verify_at = 0

    @step(
        5,
        given=lambda self: self.done,
        which=ANY,
        what=st.sampled_from(("a step", "a step", "a step", "a transfer", "terms")),
    )
    def do_again(self, which: int, what: str) -> None:
        """Do an earlier step with the same arguments: nothing changes."""
        before = digest(self.session)
        if what == "a step":
            self._step_again(which)
        elif what == "a transfer":
            self._transfer_again(which)
        else:
            for world in self.worlds:
                again(self.session, world)
        assert digest(self.session) == before
        self.seen[f"{what} again"] += 1

    def _step_again(self, which: int) -> None:
        *earlier, last = self.done
        steps = [*(step for step in earlier if step.keyed), last]
        step = steps[-1 - which % len(steps)]
        refused = suppress(StateConflict) if step.name in MOVES_ON else nullcontext()
        with refused, self.session.begin_nested():
            step.verb()

    def _transfer_again(self, which: int) -> None:
        """Post a transfer of any age as it was, and under its key with another amount."""
        transfers = self.session.scalars(select(Transfer).order_by(Transfer.id)).all()
        if not transfers:
            return
        told = transfers[which % len(transfers)]
        program = next(w.program for w in self.worlds if w.program.id == told.program_id)
        posted = ledger.post(self.session, program, [self._posting(told, told.amount_minor)])
        assert posted == (0, 1)
        with pytest.raises(KeyConflict), self.session.begin_nested():
            ledger.post(self.session, program, [self._posting(told, told.amount_minor + 1)])

    @invariant()
    def the_books_hold(self) -> None:
        self._check_against_the_oracle(figures(self.session))
        for world in self.worlds:
            self._check_the_oracle(world)
        if len(self.done) >= self.verify_at:
            self.verify_at += VERIFIED_EVERY
            assert ledger.verify(self.session).findings == ()

    def teardown(self) -> None:
        """Verify the books as they are left."""
        try:
            assert ledger.verify(self.session).findings == ()
        finally:
            super().teardown()

    def _check_against_the_oracle(self, found: Figures) -> None:
        """Balances are sums of entries, of transfers, and what the oracle says."""
        partners = {
            (world.program.id, role, code): amount
            for world in self.worlds
            for (role, code), amount in world.books.balances().items()
        }
        house = {
            (world.program.id, role, ""): -amount
            for world in self.worlds
            for role, amount in world.books.house.items()
            if amount
        }
        assert found.stored == partners
        assert found.by_entries == partners
        assert found.by_transfers == partners | house
        assert found.commissions == {row for world in self.worlds for row in rows_of(world)}
        assert found.payouts == {
            payout_id: (pay.amount, pay.state)
            for world in self.worlds
            for payout_id, pay in world.payments.payouts.items()
        }

    def _check_the_oracle(self, world: World) -> None:
        """Debits are credits, no payment is unapproved, no sum is taken back twice."""
        books, payments = world.books, world.payments
        assert sum(books.balances().values()) == sum(books.house.values())
        left = {id_ for id_, pay in payments.payouts.items() if pay.state in {"sent", "settled"}}
        assert left <= payments.approved.keys()
        assert payments.paid() == -books.house["cash:test"]
        assert payments.paid() <= sum(payments.approved.values())
        assert all(0 <= one.taken <= max(one.amount, 0) for one in books.sums)

    def _posting(self, told: Transfer, amount_minor: int) -> Posting:
        refs = {
            account.id: AccountRef(account.role, account.partner_id)
            for account in self.session.scalars(
                select(Account).where(
                    Account.id.in_((told.debit_account_id, told.credit_account_id))
                )
            )
        }
        return Posting(
            told.code,
            told.reference,
            refs[told.debit_account_id],
            refs[told.credit_account_id],
            amount_minor,
            told.effective_at,
            told.cause_id,
        )


def rows_of(world: World) -> set[tuple[object, ...]]:
    """Return the commissions of a program as the oracle has them."""
    return {
        (
            world.program.id,
            one.kind,
            one.reference,
            one.partner.code,
            one.base,
            one.amount,
            one.state,
        )
        for one in world.books.sums
    }


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_nothing_is_lost_doubled_or_invented_whatever_happens(
    databases: Databases, shard: int
) -> None:
    seen: Counter[str] = Counter()
    machine = type("Trade", (Trade,), {"engine": databases.shared, "seen": seen})
    if settings().derandomize:
        hypothesis.seed(shard)(machine)  # else all shards would see the same examples
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES // SHARDS,
            stateful_step_count=STEPS,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    assert {*WALKED} - seen.keys() == set(), "the examples don't get far"
