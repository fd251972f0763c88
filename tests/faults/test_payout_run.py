"""What a payout run owes its rails: no open transaction, no surprise, an ear for late answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, QueuePool

from commissions import payouts, programs
from commissions.states import PayoutState
from storefront import database, payout_run
from tests.faults.durable_rail import REPLY_LOST, DurableRail
from tests.faults.payday import CODE, PAYDAY, faults, finish, open_payday, owe


@pytest.fixture
def rail_of(engine: Engine, tmp_path: Path) -> Callable[[Callable[[str], None]], DurableRail]:
    open_payday(engine)
    return partial(DurableRail, tmp_path / "rail.sqlite")


def states(engine: Engine) -> list[str]:
    with database.transaction(engine) as session:
        found = payouts.in_state(session, programs.find(session, CODE), *PayoutState)
        return [payout.state for payout in found]


def test_no_rail_is_called_inside_a_transaction(
    engine: Engine, rail_of: Callable[[Callable[[str], None]], DurableRail]
) -> None:
    pool, calls = engine.pool, []
    assert isinstance(pool, QueuePool)
    rail = rail_of(lambda call: calls.append((call, pool.checkedout())))
    batch_id, _ = owe(engine, ["safe", REPLY_LOST])
    finish(engine, batch_id, rail)
    assert {call for call, _ in calls} == {"before send", "after send", "before find", "after find"}
    assert {connections for _, connections in calls} == {0}


def test_a_rail_that_is_not_here_stops_the_run_before_anything_is_sent(
    engine: Engine, rail_of: Callable[[Callable[[str], None]], DurableRail]
) -> None:
    batch_id, _ = owe(engine, ["safe", "safe"])
    rail = rail_of(pytest.fail)
    with pytest.raises(payout_run.RailUnknown, match="rail test"):
        payout_run.send_batch(engine, CODE, batch_id, {"bank": rail}, actor="job", now=PAYDAY)
    assert states(engine) == ["approved", "approved"]


@pytest.mark.parametrize(("ends", "state"), [("safe", "sent"), (REPLY_LOST, "unknown")])
def test_a_late_answer_counts_although_somebody_found_nothing_meanwhile(
    engine: Engine,
    rail_of: Callable[[Callable[[str], None]], DurableRail],
    ends: str,
    state: str,
) -> None:
    """While a call is under way another worker asks the rail, which hasn't heard of it yet."""
    batch_id, owed = owe(engine, [ends])

    def ask_meanwhile(call: str) -> None:
        if call == "before send":
            payout_run.resolve_unknown(engine, CODE, rails, actor="janitor", now=PAYDAY)
            assert states(engine) == ["approved"]

    rails = {"test": rail_of(ask_meanwhile)}
    payout_run.send_batch(engine, CODE, batch_id, rails, actor="job", now=PAYDAY)
    assert states(engine) == [state]
    rail = rail_of(lambda _: None)
    finish(engine, batch_id, rail)
    assert faults(engine, rail, owed) == []
