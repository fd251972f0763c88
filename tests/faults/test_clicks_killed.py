"""A web process killed at any moment under load loses no answered click and doubles none."""

from __future__ import annotations

import fcntl
import http.client
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from commissions.models import TouchRecord
from storefront.spool import loading
from storefront.spool.segments import Spool
from tests.faults import follower
from tests.faults.follower import Followed, key_of, lives
from tests.storefront.running import PROGRAM
from tests.storefront.web import SECRET, shop_engine

__all__ = ["shop_engine"]  # a fixture, by being here

pytestmark = pytest.mark.slow

KILLS = 50
REAL_KILLS = 3
SEED = 20260305


def recover(engine: Engine, folder: Path) -> Spool:
    """Do what the next process on the machine does."""
    spool = Spool(folder, most_bytes=0)
    loading.load(engine, spool)
    return spool


def assert_each_is_there_once(engine: Engine, followed: Followed) -> None:
    """Compare what was answered with the database: everyone came once, so everyone is there once.

    Somebody whose answer was cut off may be there or not.
    """
    with Session(engine) as session:
        keys = [*session.scalars(select(TouchRecord.key))]
        visitors = session.scalar(select(func.count(TouchRecord.visitor.distinct())))
        counted = session.scalar(select(func.count()).where(TouchRecord.uncounted.is_(None)))
    assert len(keys) == len({*keys}) == visitors == counted
    assert followed.answered <= {*keys}, "an answered click is lost"
    assert len(followed.answered) <= len(keys) <= followed.asked


def test_a_process_killed_fifty_times_under_load_loses_no_click_and_doubles_none(
    shop_engine: Engine, database_url: str, tmp_path: Path
) -> None:
    followed, folder = Followed(), tmp_path / "spool"
    for until in lives(random.Random(SEED), KILLS):
        follower.live(database_url, folder, followed, until=until)
    spool = recover(shop_engine, folder)
    assert_each_is_there_once(shop_engine, followed)
    assert len(followed.answered) > KILLS * 10
    assert (spool.count(), spool.figures.set_aside) == (0, 0)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_server_itself_killed_under_load_loses_no_click(
    shop_engine: Engine, database_url: str, tmp_path: Path
) -> None:
    followed, folder = Followed(), tmp_path / "spool"
    for until in lives(random.Random(SEED), REAL_KILLS):
        _serve_and_kill(database_url, folder, followed, until=until)
    (own,) = folder.iterdir()
    _wait_for_death(own)
    recover(shop_engine, own)
    assert_each_is_there_once(shop_engine, followed)


def _serve_and_kill(database_url: str, folder: Path, followed: Followed, *, until: int) -> None:
    """Serve as people do, follow the link so many times, and kill all that was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "HOAHONG_DATABASE_URL": database_url,
        "HOAHONG_SECRET_KEY": SECRET,
        "HOAHONG_SPOOL": str(folder),
    }
    with subprocess.Popen(
        [PROGRAM, "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as served:
        try:
            _follow_one_after_another(port, followed, until=until)
        finally:
            os.killpg(served.pid, signal.SIGKILL)


def _wait_for_death(folder: Path) -> None:
    """Wait until a worker is gone whose server is: it lets go of its files then."""
    for path in folder.glob("*.clicks"):
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)


def _follow_one_after_another(port: int, followed: Followed, *, until: int) -> None:
    given_up = time.monotonic() + 120
    while until and time.monotonic() < given_up:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", follower.LINK, headers=follower.PHONE)
            answer = connection.getresponse()
            key = key_of(answer.headers["Set-Cookie"])
        except ConnectionRefusedError:  # nothing tells when its worker listens
            time.sleep(0.1)
            continue
        finally:
            connection.close()
        assert key
        followed.asked += 1
        followed.answered.add(key)
        until -= 1
    assert not until, "the server never answered"
