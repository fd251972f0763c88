"""The paydays of the demo's history: one that went well, one with a mishap, one that waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Engine

from commissions import payouts, programs, settling
from commissions.models import Payout
from commissions.providers import TestRail
from commissions.states import PayoutState
from storefront import database, payout_run
from storefront.world.cast import Cast


class Payday(Enum):
    """How a payday goes."""

    PAID = "paid"
    ONE_FAILS = "one fails"
    WAITING = "waiting"

    def play(self, engine: Engine, cast: Cast, *, at: datetime) -> None:
        """Build a batch; unless it is to wait, approve, send and settle it within two days."""
        with database.transaction(engine) as session:
            program = programs.find(session, cast.program_code)
            built = payouts.build_batch(session, program, maker=cast.maker, at=at)
            batch = built.batch
            if self is Payday.ONE_FAILS:
                _close_an_account(built.payouts)
        if batch is None or self is Payday.WAITING:
            return
        approved = at + timedelta(hours=5)
        with database.transaction(engine) as session:
            program = programs.find(session, cast.program_code)
            payouts.approve(session, program, batch.id, checker=cast.checker, at=approved)
        payout_run.send_batch(
            engine,
            cast.program_code,
            batch.id,
            payout_run.RAILS,
            actor=cast.checker,
            now=approved + timedelta(minutes=10),
        )
        payout_run.settle_arrived(
            engine,
            cast.program_code,
            payout_run.RAILS,
            actor="bank",
            now=approved + timedelta(hours=20),
        )
        _note_transfers(engine, cast, batch.id, at=approved + timedelta(hours=21))


def _note_transfers(engine: Engine, cast: Cast, batch_id: int, *, at: datetime) -> None:
    """Let finance note what the bank's statement shows of transfers that were made by hand."""
    with database.transaction(engine) as session:
        program = programs.find(session, cast.program_code)
        _, listed = payouts.find_batch(session, program, batch_id)
        arrived = [payout.id for payout in listed if payout.state == PayoutState.SENT]
        settling.settle(session, program, arrived, at=at, actor=cast.maker)


def _close_an_account(built: Sequence[Payout]) -> None:
    """Let the test rail refuse one payout, as a bank does when an account is closed."""
    for payout in built:
        if payout.rail == TestRail.name:
            payout.destination = f"reject {payout.destination}"
            return
