"""The finance people's steps of the state machine: release, stop, refuse; close the month."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy import select

from commissions import approval, bonuses, closing
from commissions.models import Commission
from commissions.periods import Month
from tests.commissions.oracle import LIFTED, STOPPED, Sum
from tests.commissions.trading import ANY, WHERE, Trading, fitting, step
from tests.commissions.world import World

SLIPS = (None, None, None, None, "too early", "no bonuses", "out of turn", "left open")


def some_sum(machine: Trading) -> bool:
    return any(world.books.sums for world in machine.worlds)


class Finance(Trading):
    """The same two programs, and the people who watch over what they earn."""

    @step(3, where=WHERE, earlier=st.sampled_from((None, None, 1, 24 * 7)))
    def release(self, where: int, earlier: int | None) -> None:
        """Release what is due now, or as if it had been done some hours ago too."""
        world = self.world(where)
        instants = [self.now - timedelta(hours=earlier), self.now] if earlier else [self.now]
        self._release(world, instants)

    def _release(self, world: World, instants: list[datetime]) -> None:
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

    @step(
        5,
        given=some_sum,
        where=WHERE,
        which=ANY,
        how=st.sampled_from(("hold", "lift", "lift", "reject")),
    )
    def decide(self, where: int, which: int, how: str) -> None:
        """Stop a commission, lift its stop, or refuse it."""
        fits = {"lift": LIFTED, "hold": STOPPED, "reject": ("ready", "held", "held_ready")}
        world, one = self._sum(where, which, *fits[how])
        ids = [self._id(world, one)]
        now = self.now
        verb = {"hold": approval.hold, "lift": approval.lift, "reject": approval.reject}[how]
        moves = {"hold": STOPPED, "lift": LIFTED}
        refusal = (
            world.books.stop_or_lift(one, moves[how]) if how in moves else world.books.reject(one)
        )
        self.play(
            how,
            lambda: verb(self.session, world.program, ids, at=now, actor="thu", reason="odd"),
            refusal,
            keyed=False,
        )

    @step(2, where=WHERE, slip=st.sampled_from(SLIPS))
    def month_ends(self, where: int, slip: str | None) -> None:
        """Wait for the end of the month that is to be closed next, and close it."""
        world = self.world(where)
        month = self._next_month(world)
        if slip != "too early":
            self.now = max(self.now, world.ends_at(month))
        if slip == "out of turn":
            self._seal(world, month.next())
        elif slip != "no bonuses":
            self._award(world, month)
        if slip != "left open":
            self._seal(world, month)

    def _next_month(self, world: World) -> Month:
        return Month(*(world.books.first_open() or world.books.month_of(self.now)))

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

    def _sum(self, where: int, which: int, *states: str) -> tuple[World, Sum]:
        world = self.world(where, lambda world: world.books.sums)
        sums = [one for one in world.books.sums if one.kind != "clawback"]
        return world, fitting(sums, [one.state in states for one in sums], which)

    def _id(self, world: World, one: Sum) -> int:
        return self.session.scalars(
            select(Commission.id).where(
                Commission.program_id == world.program.id,
                Commission.kind == one.kind,
                Commission.reference == one.reference,
            )
        ).one()
