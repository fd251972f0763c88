"""A payout run killed anywhere, then run again: nothing is paid twice and nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.faults.durable_rail import REFUSED, REPLY_LOST, REQUEST_LOST, DurableRail
from tests.faults.payday import Job, Lived, faults, finish, live, open_payday, owe

FOUR = ("safe", REPLY_LOST, REQUEST_LOST, REFUSED)
KILLS = 100
PAYOUTS = 200
LONGEST_LIFE = 32
"""Points that a process of the long run passes at most before it is killed."""
NAIVE_KILLS = 20
SEED = 20240216


@dataclass
class Payday:
    """Books, a rail, and a process to be killed."""

    engine: Engine
    rail: DurableRail
    job: Job
    owed: dict[str, int] = field(default_factory=dict)

    def owe(self, destinations: Sequence[str]) -> None:
        """Have a batch to send; what earlier ones owed still counts."""
        batch_id, sums = owe(self.engine, destinations)
        self.owed |= sums
        self.job = replace(self.job, batch_id=batch_id)

    def live(self, die_at: int | None = None) -> Lived:
        """Send in a process of its own, and kill it at a point."""
        return live(replace(self.job, die_at=die_at))

    def finish(self) -> None:
        """Do what the next runs do."""
        finish(self.engine, self.job.batch_id, self.rail)

    def faults(self) -> list[str]:
        """Return what the books, the rail and what was owed don't agree on."""
        return faults(self.engine, self.rail, self.owed)


@pytest.fixture
def payday(engine: Engine, database_url: str, tmp_path: Path) -> Payday:
    open_payday(engine)
    path = tmp_path / "rail.sqlite"
    return Payday(engine, DurableRail(path), Job(database_url, path, batch_id=0))


def test_a_run_that_is_not_killed_pays_what_is_owed(payday: Payday) -> None:
    payday.owe(FOUR)
    assert payday.live().ended
    payday.finish()
    assert payday.faults() == []
    assert sum(amount for _, amount, _ in payday.rail.payments()) == 100 + 101 + 102


@pytest.mark.slow
def test_a_run_killed_at_any_point_is_put_right_by_the_next(payday: Payday) -> None:
    payday.owe(FOUR)
    points = payday.live().points
    payday.finish()
    assert {*points} == {"before commit", "after commit", "before send", "after send"}
    for die_at, point in enumerate(points):
        payday.owe(FOUR)
        killed = payday.live(die_at)
        assert (killed.ended, killed.points[-1]) == (False, point)
        payday.finish()
        assert payday.faults() == [], f"killed at point {die_at}: {point}"


@pytest.mark.slow
def test_a_second_run_killed_at_any_point_is_put_right_by_the_third(payday: Payday) -> None:
    payday.owe(FOUR)
    first = payday.live().points
    payday.finish()
    sent_by_all_but_one = len(first) - first[::-1].index("after send") - 1
    for die_at in count():
        payday.owe(FOUR)
        assert not payday.live(sent_by_all_but_one).ended
        second = payday.live(die_at)
        payday.finish()
        assert payday.faults() == [], f"killed again at point {die_at}: {second.points[-1]}"
        if second.ended:
            assert {"before find", "after find", "before send"} <= {*second.points}
            break


@pytest.mark.slow
def test_a_long_run_killed_a_hundred_times_pays_everyone_once(payday: Payday) -> None:
    chance = random.Random(SEED)
    payday.owe([REPLY_LOST if i % 3 == 0 else "safe" for i in range(PAYOUTS)])
    kills = [payday.live(chance.randrange(LONGEST_LIFE)) for _ in range(KILLS)]
    assert not any(killed.ended for killed in kills), "the run came to its end too soon"
    payday.finish()
    assert payday.faults() == []
    assert len(payday.rail.payments()) == PAYOUTS


def test_a_run_without_keys_and_states_is_found_out(payday: Payday) -> None:
    """The test of the tests above: they would see a payout that is sent twice."""
    chance = random.Random(SEED)
    payday.owe(["safe"] * 2 * NAIVE_KILLS)
    payday.job = replace(payday.job, naive=True)
    for _ in range(NAIVE_KILLS):
        payday.live(chance.randrange(8))
    assert payday.live().ended
    assert any("is paid 2 times, owed 1 times" in fault for fault in payday.faults())
