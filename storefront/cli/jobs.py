"""``hoahong jobs``: scan for due work, once or until told to stop."""

from __future__ import annotations

import signal
import sys
import threading

import click

from storefront import clock, logs
from storefront import jobs as due_work
from storefront.cli.connection import engine_from_env
from storefront.cli.output import as_json, tell
from storefront.payout_run import RAILS
from storefront.settings import spool_folder
from storefront.spool import loading
from storefront.spool.segments import Spool


@click.group()
def jobs() -> None:
    """Due work."""


_NONE = ("There is no program yet: apply a program file first.",)


_BOOKS = {
    None: "",
    True: "books: balanced",
    False: "books: BROKEN, look at `hoahong ledger verify`",
}


def _line(done: due_work.Done) -> str:
    closed = ", ".join(done.months_closed) or "none"
    expired = f", unpaid orders given up: {done.orders_expired:,}" if done.orders_expired else ""
    did = (
        f"{done.program}: {done.released:,} released, {done.payouts_moved:,} payouts moved on,"
        f" months closed: {closed}{expired}"
    )
    return "; ".join(filter(None, (did, _BOOKS[done.balanced], done.refusal)))


@jobs.command()
@click.option("--once", is_flag=True, help="One scan, then stop.")
@click.option("--every", "seconds", type=click.IntRange(1), default=60, show_default=True)
@as_json
def run(*, once: bool, seconds: int, json_: bool) -> None:
    """Release, settle, close and verify what is due; without --once until told to stop.

    Clicks that dead web processes left on this machine are loaded as well.
    """
    logs.set_up(to="stderr")
    engine, spool = engine_from_env(), Spool(spool_folder(), most_bytes=0)
    stopped = threading.Event()
    if not once:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: stopped.set())
    while True:
        loading.load(engine, spool)
        done = due_work.run_once(engine, RAILS, now=clock.read(engine))
        tell({"programs": done}, *(map(_line, done) if done else _NONE), json_=json_)
        if once and any(one.refusal or one.balanced is False for one in done):
            sys.exit(1)
        if once or stopped.wait(seconds):
            return
