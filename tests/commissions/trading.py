"""The shop's steps of the state machine: sales, completions, cancellations, what comes back.

A step is played on the engine beside the oracle: done by both, or refused as the oracle says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import Engine

from commissions import accrual, clawbacks, conversions
from commissions.errors import RefundConflict, SaleConflict, SaleUnknown
from commissions.periods import DAY
from commissions.values import Buyer, Completion, Refund, RefundLine, Sale, SaleLine, Touch
from tests.commissions.oracle import Line, Order, Refusal
from tests.commissions.world import BEGINNING, KINDS, WINDOW, World, open_world
from tests.databases import rolled_back

ANY = st.integers(0, 999)
"""Picks one of however many there are."""
WHERE = st.sampled_from((0, 0, 0, 1))
"""The first program sees most of what happens, so that it gets far."""
WHEN = st.sampled_from(("now", "now", "now", "when it was paid", "before it was paid"))
WAYS = st.sampled_from(("won", "won", "won", "won", "too early", "own", "none"))
GOODS = st.lists(
    st.tuples(
        st.sampled_from(("ROSE-1", "ROSE-2", "POT", "GIFT-1", "FREE-1")),
        st.integers(1, 5),
        st.integers(1, 40) | st.integers(1, 60_000),
    ),
    min_size=1,
    max_size=3,
)
"""Lines of an order: stock code, pieces, amount in minor units."""


class Step(NamedTuple):
    """A step that was done; a keyed one can be done again at any time and changes nothing."""

    name: str
    verb: Callable[[], Any]
    keyed: bool


def some_order(machine: Trading) -> bool:
    return any(world.books.orders for world in machine.worlds)


class Trading(RuleBasedStateMachine):
    """Two programs, their shops, and time."""

    engine: ClassVar[Engine]
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.session = self.undo.enter_context(rolled_back(self.engine))
        self.now = BEGINNING
        self.worlds: list[World] = []
        self.done: list[Step] = []

    def teardown(self) -> None:
        self.undo.close()

    def play(
        self, name: str, verb: Callable[[], Any], refusal: Refusal = None, *, keyed: bool = True
    ) -> Any:  # noqa: ANN401 -- what the verb answers
        """Do a step, or see it refused as the oracle says."""
        if refusal is None:
            with self.session.begin_nested():
                answer = verb()
            self.done.append(Step(name, verb, keyed))
            self.seen[name] += 1
            return answer
        with pytest.raises(refusal) as caught, self.session.begin_nested():
            verb()
        assert caught.type is refusal
        self.seen[f"{name}: {refusal.__name__}"] += 1
        return None

    @initialize(first=st.sampled_from(KINDS), second=st.sampled_from(KINDS))
    def open(self, first: tuple[str, str, int], second: tuple[str, str, int]) -> None:
        self.worlds = [open_world(self.session, kind) for kind in dict.fromkeys((first, second))]

    def world(self, where: int, has: Callable[[World], object] = bool) -> World:
        """Return the program of a number, or the other one when that has nothing to offer."""
        world = self.worlds[where % len(self.worlds)]
        return world if has(world) else next(other for other in self.worlds if has(other))

    @rule(hours=st.sampled_from((1, 24, 24 * 5, 24 * 15, 24 * 35)))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(where=WHERE, who=ANY, way=WAYS, goods=GOODS, at_once=st.booleans())
    def sell(
        self, where: int, who: int, way: str, goods: list[tuple[str, int, int]], *, at_once: bool
    ) -> None:
        world = self.world(where)
        person = world.books.people[who % len(world.books.people)]
        sale = self._sale(world, person.code, way, goods)
        self.play("sell", lambda: conversions.record(self.session, world.program, [sale]))
        lines = [Line(stock, pieces, amount) for stock, pieces, amount in goods]
        brought = person if way == "won" else None
        world.books.record(sale.reference, brought, lines, at=self.now)
        if at_once:
            self._complete(world, world.books.orders[sale.reference], self.now)

    @precondition(some_order)
    @rule(where=WHERE, which=ANY, when=WHEN)
    def complete(self, where: int, which: int, when: str) -> None:
        world, order = self._order(where, which)
        self._complete(world, order, self._when(order, when))

    @precondition(some_order)
    @rule(where=WHERE, which=ANY)
    def cancel(self, where: int, which: int) -> None:
        world, order = self._order(where, which)
        now, program = self.now, world.program
        self.play(
            "cancel",
            lambda: conversions.cancel(
                self.session, program, [order.reference], at=now, actor="shop", reason="no stock"
            ),
            world.books.cancel(order.reference),
        )

    @precondition(some_order)
    @rule(where=WHERE, which=ANY, line=ANY, pieces=st.integers(1, 4), when=WHEN)
    def take_pieces_back(self, where: int, which: int, line: int, pieces: int, when: str) -> None:
        world, order = self._order(where, which)
        self._refund(world, order, (line % len(order.lines) + 1, pieces), self._when(order, when))

    @precondition(some_order)
    @rule(where=WHERE, which=ANY, when=WHEN)
    def find_fraud(self, where: int, which: int, when: str) -> None:
        world, order = self._order(where, which)
        self._refund(world, order, (None, 0), self._when(order, when))

    @precondition(some_order)
    @rule(where=WHERE, which=ANY)
    def contradict(self, where: int, which: int) -> None:
        """The shop tells of a known order, or its return, with other content; or of none."""
        world, order = self._order(where, which)
        other = Sale(
            order.reference,
            self.now + DAY,
            world.program.currency,
            (SaleLine(1, "POT", 1, 1),),
        )
        session, program = self.session, world.program
        self.play("sell", lambda: conversions.record(session, program, [other]), SaleConflict)
        nowhere = [Completion("S-never", self.now)]
        verb = lambda: accrual.accrue(session, program, nowhere, actor="shop")  # noqa: E731
        self.play("complete", verb, SaleUnknown)
        if world.refunds:
            known = Refund(world.refunds[-1], self.now + DAY, (RefundLine(order.reference),))
            self.play(
                "refund",
                lambda: clawbacks.take_back(session, program, [known], actor="shop"),
                RefundConflict,
            )

    def _order(self, where: int, which: int) -> tuple[World, Order]:
        world = self.world(where, lambda world: world.books.orders)
        orders = list(world.books.orders.values())
        return world, orders[-1 - which % len(orders)]

    def _when(self, order: Order, when: str) -> datetime:
        moments = {"now": self.now, "when it was paid": order.paid_at}
        return moments.get(when, order.paid_at - DAY)

    def _sale(
        self, world: World, code: str, way: str, goods: list[tuple[str, int, int]]
    ) -> Sale:
        touched = self.now - (WINDOW + timedelta(seconds=1) if way == "too early" else DAY)
        return Sale(
            world.name("S"),
            self.now,
            world.program.currency,
            tuple(SaleLine(i, *line) for i, line in enumerate(goods, 1)),
            Buyer(account=code if way == "own" else "somebody else"),
            () if way == "none" else (Touch(world.partner_ids[code], "click", touched),),
        )

    def _complete(self, world: World, order: Order, at: datetime) -> None:
        completions = [Completion(order.reference, at)]
        refusal = world.books.complete(order.reference, at=at)
        self.play(
            "complete",
            lambda: accrual.accrue(self.session, world.program, completions, actor="shop"),
            refusal,
        )

    def _refund(
        self, world: World, order: Order, taking: tuple[int | None, int], at: datetime
    ) -> None:
        reference = world.name("R")
        line_no, pieces = taking
        lines = (RefundLine(order.reference, line_no, pieces or None),)
        refund = Refund(reference, at, lines, "return" if line_no else "fraud")
        before = len(world.books.sums)
        refusal = world.books.refund(reference, order.reference, taking, at=at)
        answer = self.play(
            "refund" if line_no else "fraud",
            lambda: clawbacks.take_back(self.session, world.program, [refund], actor="shop"),
            refusal,
        )
        if refusal is None:
            world.refunds.append(reference)
            taken = world.books.sums[before:]
            amount = sum(one.amount for one in taken)
            assert answer == [(reference, len(taken), amount, True)]
