"""The payouts' steps of the state machine: batch, four eyes, rail, bank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from hypothesis import strategies as st

from commissions import payouts, settling
from commissions.payouts import Built
from commissions.providers import PayoutOrder, TestRail
from tests.commissions.oracle import Refusal
from tests.commissions.oracle_payouts import Pay
from tests.commissions.trading import ANY, WHERE, Trading, fitting, step
from tests.commissions.trading_finance import Finance
from tests.commissions.world import World

PEOPLE = st.sampled_from(("anna", "binh", "chi"))
HOW = st.sampled_from(("send", "find"))
RAIL = TestRail()


def some_batch(machine: Trading) -> bool:
    return any(world.payments.batches for world in machine.worlds)


class PayingOut(Finance):
    """The same two programs, and the way of the money out of the house."""

    @step(2, where=WHERE, maker=PEOPLE, named=st.none() | ANY)
    def build(self, where: int, maker: str, named: int | None) -> None:
        self._build(self.world(where), maker, named)

    @step(
        3,
        given=some_batch,
        where=WHERE,
        which=ANY,
        checker=PEOPLE,
        approves=st.sampled_from((True, True, False)),
    )
    def check(self, where: int, which: int, checker: str, *, approves: bool) -> None:
        """Approve a batch, or refuse it."""
        world, batch_id = self._batch(where, which)
        (self._approve if approves else self._refuse)(world, batch_id, checker)

    @step(2, given=some_batch, where=WHERE, which=ANY)
    def begin_sending(self, where: int, which: int) -> None:
        self._begin(*self._payout(where, which, "approved"))

    @step(4, given=some_batch, where=WHERE, which=ANY, how=HOW)
    def hear_of(self, where: int, which: int, how: str) -> None:
        self._hear(*self._payout(where, which, "sending", "unknown", "sent"), how)

    @step(
        4,
        given=some_batch,
        where=WHERE,
        which=ANY,
        news=st.sampled_from(("settle", "fail", "return", "return")),
    )
    def hear_from_the_bank(self, where: int, which: int, news: str) -> None:
        can_fail = ["reserved", "unknown", "sent", "sent"]
        fits = {"settle": ["sent"], "return": ["settled"], "fail": can_fail}
        self._told_by_the_bank(news, *self._payout(where, which, *fits[news]))

    @step(5, where=WHERE, how_far=st.sampled_from((4, 3, 2, 1, 0)), at_once=st.booleans())
    def pay_day(self, where: int, how_far: int, *, at_once: bool) -> None:
        """Do what a good pay day has: release, build, approve, send, hear that it arrived."""
        world = self.world(where)
        self.now += timedelta() if at_once else world.books.hold
        self._release(world, [self.now])
        batch_id = self._build(world, "anna", None)
        if batch_id is None or not how_far:
            return
        self._approve(world, batch_id, "binh")
        for payout_id in world.payments.batches[batch_id].payouts:
            for go_on in (self._begin, self._sent, self._arrived)[: how_far - 1]:
                go_on(world, payout_id)

    def _sent(self, world: World, payout_id: int) -> None:
        self._hear(world, payout_id, "send")

    def _arrived(self, world: World, payout_id: int) -> None:
        self._hear(world, payout_id, "find")

    def _build(self, world: World, maker: str, named: int | None) -> int | None:
        now, program, payments = self.now, world.program, world.payments
        people = world.books.people
        codes = None if named is None else [people[named % len(people)].code]
        paid, skipped = payments.claimable()
        built: Built | None = self.play(
            "build",
            lambda: payouts.build_batch(
                self.session, program, maker=maker, at=now, partner_codes=codes
            ),
            payments.build_for(codes[0]) if codes else None,
            keyed=False,
        )
        if built is None:
            return None
        wanted = {code: items for code, items in paid.items() if codes is None or code in codes}
        assert {*built.skipped} == {one for one in skipped if codes is None or one[0] in codes}
        code_of = {partner_id: code for code, partner_id in world.partner_ids.items()}
        found = {code_of[payout.partner_id]: payout for payout in built.payouts}
        assert {code: payout.amount_minor for code, payout in found.items()} == {
            code: sum(one.amount for one in items) for code, items in wanted.items()
        }
        if built.batch is None:
            return None
        claimed = {payout.id: (code, wanted[code]) for code, payout in found.items()}
        payments.built(built.batch.id, maker, claimed)
        return built.batch.id

    def _refuse(self, world: World, batch_id: int, checker: str) -> None:
        now, program = self.now, world.program
        self.play(
            "refuse",
            lambda: payouts.refuse(
                self.session, program, batch_id, checker=checker, at=now, reason="wrong month"
            ),
            world.payments.refuse(batch_id, checker),
        )

    def _approve(self, world: World, batch_id: int, checker: str) -> None:
        now, program = self.now, world.program
        self.play(
            "approve",
            lambda: payouts.approve(self.session, program, batch_id, checker=checker, at=now),
            world.payments.approve(batch_id, checker),
        )

    def _begin(self, world: World, payout_id: int) -> None:
        now, program, pay = self.now, world.program, world.payments.payouts[payout_id]
        was, refusal = pay.state, world.payments.begin(payout_id)
        orders = self.play(
            "begin",
            lambda: settling.begin_sending(self.session, program, [payout_id], at=now, actor="job"),
            refusal,
            keyed=False,
        )
        assert len(orders or ()) == (was == "approved")
        for order in orders or ():
            assert order.amount_minor == world.payments.approved[payout_id]

    def _hear(self, world: World, payout_id: int, how: str) -> None:
        now, program, pay = self.now, world.program, world.payments.payouts[payout_id]
        order = PayoutOrder("any", pay.amount, program.currency, self._destination(world, pay))
        outcome = RAIL.send(order) if how == "send" else RAIL.find(order)
        self.play(
            f"hear {outcome.kind}",
            lambda: settling.record_outcomes(
                self.session, program, {payout_id: outcome}, at=now, actor="job"
            ),
            world.payments.hear(payout_id, outcome.kind),
            keyed=False,
        )

    def _told_by_the_bank(self, news: str, world: World, payout_id: int) -> None:
        payments, now = world.payments, self.now
        moves: dict[str, tuple[Callable[[int], Refusal], Callable[..., object]]] = {
            "settle": (payments.settle, settling.settle),
            "fail": (payments.fail, partial(settling.fail, reason="account closed")),
            "return": (payments.take_return, partial(settling.take_return, reason="name differs")),
        }
        tell, verb = moves[news]
        self.play(
            news,
            lambda: verb(self.session, world.program, [payout_id], at=now, actor="bank"),
            tell(payout_id),
        )

    def _destination(self, world: World, pay: Pay) -> str:
        found = [p.destination for p in world.books.people if p.code == pay.partner]
        return found[0] or ""

    def _batch(self, where: int, which: int) -> tuple[World, int]:
        world = self.world(where, lambda world: world.payments.batches)
        batches = world.payments.batches
        return world, fitting([*batches], [b.state == "built" for b in batches.values()], which)

    def _payout(self, where: int, which: int, *states: str) -> tuple[World, int]:
        world = self.world(where, lambda world: world.payments.payouts)
        known = world.payments.payouts
        return world, fitting([*known], [pay.state in states for pay in known.values()], which)
