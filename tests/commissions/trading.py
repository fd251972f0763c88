"""The shop's steps of the state machine: sales, completions, cancellations, what comes back.

A step is played on the engine beside the oracle: done by both, or refused as the oracle says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.strategies import SearchStrategy
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
WHEN = st.sampled_from((*["now"] * 6, "when it was paid", "when it was paid", "before it was paid"))
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


class Told(NamedTuple):
    """An order as it will be told: who brought it and how, its lines, completed at once or not."""

    who: int
    way: str
    goods: list[tuple[str, int, int]]
    at_once: bool


ORDERS = st.builds(Told, ANY, WAYS, GOODS, st.sampled_from((True, True, False)))
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])

KINDS_OF_STEP: dict[str, Kind] = {}


class Kind(NamedTuple):
    """How often a kind of step is taken, when it can be, and what is drawn for it."""

    weight: int
    given: Callable[[Any], bool]
    arguments: dict[str, SearchStrategy[Any]]


def step(
    weight: int,
    *,
    given: Callable[[Any], bool] = lambda _: True,
    **arguments: SearchStrategy[Any],
) -> Callable[[F], F]:
    """Mark a method as a kind of step.

    Not by ``rule``: hypothesis leaves about half of the rules out of each example, and here every
    example is to have the chance to get from the sale to the bank and back.
    """

    def mark(method: F) -> F:
        KINDS_OF_STEP[method.__name__] = Kind(weight, given, arguments)
        return method

    return mark


class Step(NamedTuple):
    """A step that was done; a keyed one can be done again at any time and changes nothing."""

    name: str
    verb: Callable[[], Any]
    keyed: bool


def fitting(things: Sequence[T], fits: Sequence[bool], which: int) -> T:
    """Pick a thing, mostly one that fits the step, and mostly there is one."""
    wanted = [thing for thing, fit in zip(things, fits, strict=True) if fit]
    choice = wanted if wanted and which % 5 < 4 else things
    return choice[-1 - which % len(choice)]


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

    @initialize(
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True),
        orders=st.lists(ORDERS, min_size=4, max_size=8),
    )
    def open(self, kinds: list[tuple[str, str, int]], orders: list[Told]) -> None:
        """Open the programs; in the first the trade has begun."""
        self.worlds = [open_world(self.session, kind) for kind in kinds]
        self._sell(self.worlds[0], orders)

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        """Take one of the steps that can be taken now."""
        kinds = KINDS_OF_STEP.items()
        able = [name for name, kind in kinds if kind.given(self) for _ in range(kind.weight)]
        name = data.draw(st.sampled_from(able), label="step")
        drawn = data.draw(st.fixed_dictionaries(KINDS_OF_STEP[name].arguments), label="with")
        getattr(self, name)(**drawn)

    def world(self, where: int, has: Callable[[World], object] = bool) -> World:
        """Return the program of a number, or the other one when that has nothing to offer."""
        world = self.worlds[where % len(self.worlds)]
        return world if has(world) else next(other for other in self.worlds if has(other))

    @step(3, hours=st.sampled_from((1, 24, 24 * 4, 24 * 15, 24 * 31)))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @step(3, where=WHERE, orders=st.lists(ORDERS, min_size=1, max_size=4))
    def sell(self, where: int, orders: list[Told]) -> None:
        """Record paid orders, and complete them at once or leave them paid."""
        self._sell(self.world(where), orders)

    @step(4, where=WHERE, orders=st.lists(ORDERS, min_size=2, max_size=6))
    def busy_days(self, where: int, orders: list[Told]) -> None:
        """Sell a good deal, and wait until what it earns can be released."""
        world = self.world(where)
        self._sell(world, orders)
        self.now += world.books.hold

    def _sell(self, world: World, orders: list[Told]) -> None:
        people = [world.books.people[one.who % len(world.books.people)] for one in orders]
        told = list(zip(people, orders, strict=True))
        sales = [self._sale(world, person.code, one) for person, one in told]
        self.play("sell", lambda: conversions.record(self.session, world.program, sales))
        for sale, (person, one) in zip(sales, told, strict=True):
            lines = [Line(stock, pieces, amount) for stock, pieces, amount in one.goods]
            brought = person if one.way == "won" else None
            world.books.record(sale.reference, brought, lines, at=self.now)
            if one.at_once:
                self._complete(world, world.books.orders[sale.reference], self.now)

    @step(3, given=some_order, where=WHERE, which=ANY, when=WHEN)
    def complete(self, where: int, which: int, when: str) -> None:
        world, order = self._order(where, which, "paid")
        self._complete(world, order, self._when(order, when))

    @step(
        5,
        given=some_order,
        where=WHERE,
        which=ANY,
        line=ANY,
        pieces=st.sampled_from((1, 1, 2, 3)),
        when=WHEN,
    )
    def refund(self, where: int, which: int, line: int, pieces: int, when: str) -> None:
        world, order = self._order(where, which, "completed")
        line_no = line % len(order.lines) + 1
        self._refund(world, order, (line_no, pieces), self._when(order, when))

    @step(3, given=some_order, where=WHERE, which=ANY, when=WHEN)
    def find_fraud(self, where: int, which: int, when: str) -> None:
        """Take back all that is left of an order."""
        world, order = self._order(where, which, "completed")
        self._refund(world, order, (None, 0), self._when(order, when))

    @step(
        1,
        given=some_order,
        where=WHERE,
        which=ANY,
        news=st.sampled_from(("cancelled", "changed", "unheard of")),
    )
    def surprise(self, where: int, which: int, news: str) -> None:
        """Hear from the shop what doesn't fit, or that an order is off."""
        world, order = self._order(where, which)
        if news == "cancelled":
            self._cancel(world, order)
        elif news == "changed":
            self._contradict(world, order)
        else:
            nowhere = [Completion("S-never", self.now)]
            self.play(
                "complete",
                lambda: accrual.accrue(self.session, world.program, nowhere, actor="shop"),
                SaleUnknown,
            )

    def _cancel(self, world: World, order: Order) -> None:
        now = self.now
        self.play(
            "cancel",
            lambda: conversions.cancel(
                self.session,
                world.program,
                [order.reference],
                at=now,
                actor="shop",
                reason="no stock",
            ),
            world.books.cancel(order.reference),
        )

    def _contradict(self, world: World, order: Order) -> None:
        """Tell of a known order, and of a known return, with other content."""
        session, program, later = self.session, world.program, self.now + DAY
        other = Sale(order.reference, later, program.currency, (SaleLine(1, "POT", 1, 1),))
        self.play("sell", lambda: conversions.record(session, program, [other]), SaleConflict)
        if world.refunds:
            known = Refund(world.refunds[-1], later, (RefundLine(order.reference),))
            self.play(
                "refund",
                lambda: clawbacks.take_back(session, program, [known], actor="shop"),
                RefundConflict,
            )

    def _order(self, where: int, which: int, *states: str) -> tuple[World, Order]:
        world = self.world(where, lambda world: world.books.orders)
        orders = list(world.books.orders.values())
        return world, fitting(orders, [order.state in states for order in orders], which)

    def _when(self, order: Order, when: str) -> datetime:
        moments = {"now": self.now, "when it was paid": order.paid_at}
        return moments.get(when, order.paid_at - DAY)

    def _sale(self, world: World, code: str, one: Told) -> Sale:
        touched = self.now - (WINDOW + timedelta(seconds=1) if one.way == "too early" else DAY)
        return Sale(
            world.name("S"),
            self.now,
            world.program.currency,
            tuple(SaleLine(i, *line) for i, line in enumerate(one.goods, 1)),
            Buyer(account=code if one.way == "own" else "somebody else"),
            () if one.way == "none" else (Touch(world.partner_ids[code], "click", touched),),
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
