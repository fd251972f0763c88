"""The finance people's steps of the state machine: release, stop, refuse; close the month."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from commissions import approval, bonuses, closing
from commissions.models import Commission
from commissions.periods import Month
from tests.commissions.oracle import LIFTED, STOPPED, Sum
from tests.commissions.trading import ANY, WHERE, Trading
from tests.commissions.world import World


def some_sum(machine: Trading) -> bool:
    return any(world.books.sums for world in machine.worlds)


class Finance(Trading):
    """The same two programs, and the people who watch over what they earn."""

    @rule(where=WHERE, earlier=st.sampled_from((None, None, 1, 24 * 7)))
    def release(self, where: int, earlier: int | None) -> None:
        """Release what is due now, or as if it had been done some hours ago too."""
        world = self.world(where)
        instants = [self.now - timedelta(hours=earlier), self.now] if earlier else [self.now]
        before = world.books.balances()
        refusal = world.books.release(instants)
        released = self.play(
            "release",
            lambda: approval.release(self.session, world.program, at=instants, actor="job"),
            refusal,
            keyed=False,
        )
        if refusal is None:
            after = world.books.balances()
            opened = {key[1] for key in (*before, *after)}
            more = sum(
                after.get(("payable", code), 0) - before.get(("payable", code), 0)
                for code in opened
            )
            assert released.amount_minor == more

    @precondition(some_sum)
    @rule(where=WHERE, which=ANY)
    def hold(self, where: int, which: int) -> None:
        world, one = self._sum(where, which)
        ids = [self._id(world, one)]
        now, program = self.now, world.program
        self.play(
            "hold",
            lambda: approval.hold(
                self.session, program, ids, at=now, actor="thu", reason="odd traffic"
            ),
            world.books.stop_or_lift(one, STOPPED),
            keyed=False,
        )

    @precondition(some_sum)
    @rule(where=WHERE, which=ANY)
    def lift(self, where: int, which: int) -> None:
        world, one = self._sum(where, which, {"held", "held_ready"})
        ids = [self._id(world, one)]
        now, program = self.now, world.program
        self.play(
            "lift",
            lambda: approval.lift(
                self.session, program, ids, at=now, actor="thu", reason="explained"
            ),
            world.books.stop_or_lift(one, LIFTED),
            keyed=False,
        )

    @precondition(some_sum)
    @rule(where=WHERE, which=ANY)
    def reject(self, where: int, which: int) -> None:
        world, one = self._sum(where, which)
        ids = [self._id(world, one)]
        now, program = self.now, world.program
        self.play(
            "reject",
            lambda: approval.reject(
                self.session, program, ids, at=now, actor="thu", reason="fraud"
            ),
            world.books.reject(one),
            keyed=False,
        )

    @rule(where=WHERE, bonuses_first=st.integers(0, 5), skip=st.integers(0, 9))
    def close_month(self, where: int, bonuses_first: int, skip: int) -> None:
        """Close the month that is next; now and then without its bonuses, or out of turn."""
        world = self.world(where)
        month = Month(*(world.books.first_open() or world.books.month_of(self.now)))
        if skip == 9:  # noqa: PLR2004
            month = month.next()
        if bonuses_first:
            self._award(world, month)
        self._seal(world, month)

    @rule(where=WHERE)
    def award_early(self, where: int) -> None:
        """Award the bonuses of the month that is next, and leave it open."""
        world = self.world(where)
        self._award(world, Month(*(world.books.first_open() or world.books.month_of(self.now))))

    def _award(self, world: World, month: Month) -> None:
        now, key = self.now, (month.year, month.number)
        first = len(world.books.sums)
        refusal = world.books.award(key, ends_at=world.ends_at(month), now=now)
        earned = world.books.sums[first:]
        awarded = self.play(
            "award",
            lambda: bonuses.award(self.session, world.program, month, now=now, actor="job"),
            refusal,
        )
        if awarded and awarded.new:
            amount = sum(one.amount for one in earned)
            assert (awarded.bonuses, awarded.amount_minor) == (len(earned), amount)

    def _seal(self, world: World, month: Month) -> None:
        now, key = self.now, (month.year, month.number)
        self.play(
            "seal",
            lambda: closing.seal(self.session, world.program, month, now=now, actor="job"),
            world.books.seal(key, ends_at=world.ends_at(month), now=now),
        )

    def _sum(self, where: int, which: int, states: set[str] | None = None) -> tuple[World, Sum]:
        """Return one sum that isn't a clawback; one in the states when there is one."""
        world = self.world(where, lambda world: world.books.sums)
        sums = [one for one in world.books.sums if one.kind != "clawback"]
        wanted = [one for one in sums if states is None or one.state in states] or sums
        return world, wanted[-1 - which % len(wanted)]

    def _id(self, world: World, one: Sum) -> int:
        return self.session.scalars(
            select(Commission.id).where(
                Commission.program_id == world.program.id,
                Commission.kind == one.kind,
                Commission.reference == one.reference,
            )
        ).one()
