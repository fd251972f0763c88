"""A web process that can be killed, and people who follow a link meanwhile.

The process runs the real app with the thread that loads its clicks, and the people note each click
that was answered: its key is in the cookie that they were given.
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from werkzeug.http import parse_cookie
from werkzeug.serving import make_server

from storefront import create_app
from storefront.settings import Settings
from storefront.spool import loading
from storefront.touching import spool_of
from storefront.visits import Cookies
from tests.storefront.web import SECRET

LINK = "/k/linhdan-hong"
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile", "Connection": "close"}
FOLLOWERS = 4
LOADED_EVERY_S = 0.01
"""So that a kill often comes while a batch is loaded."""
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
COOKIES = Cookies(SECRET, secure=False)


@dataclass
class Followed:
    """The keys of what was answered, and how often somebody asked."""

    answered: set[str] = field(default_factory=set)
    asked: int = 0


def live(database_url: str, spool: Path, followed: Followed, *, until: int) -> None:
    """Let people follow a link until so many were answered, and kill the process then."""
    here, there = FORKS.Pipe()
    process = FORKS.Process(target=_serve, args=(database_url, spool, there))
    process.start()
    port = here.recv()
    enough = threading.Event()
    goal = len(followed.answered) + until
    counting = threading.Lock()

    def follow() -> None:
        while not enough.is_set():
            key = _follow(port, followed, counting)
            if key is None:
                return
            with counting:
                followed.answered.add(key)
                if len(followed.answered) >= goal:
                    enough.set()

    with ThreadPoolExecutor(FOLLOWERS) as pool:
        people = [pool.submit(follow) for _ in range(FOLLOWERS)]
        assert enough.wait(60)
        os.kill(process.pid or 0, signal.SIGKILL)
        for person in people:
            person.result()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def lives(chance: random.Random, count: int) -> list[int]:
    """Return after how many answers each process is killed: some early, some late."""
    return [chance.choice((1, chance.randrange(2, 40), chance.randrange(40, 400)))
            for _ in range(count)]  # fmt: skip


def key_of(cookie: str | None) -> str | None:
    """Return the key of the click whose answer set a cookie."""
    memory = COOKIES.remembered(parse_cookie(cookie or "").get("visit", ""))
    return memory.last.key if memory and memory.last else None


def _follow(port: int, followed: Followed, counting: threading.Lock) -> str | None:
    """Follow the link once; None when the process is gone before it has answered."""
    with counting:
        followed.asked += 1
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", LINK, headers=PHONE)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    assert answer.status == 302
    return key_of(answer.headers["Set-Cookie"])


# From here on: inside the process that dies.


def _serve(database_url: str, spool: Path, there: Connection) -> None:
    app = create_app(Settings(database_url, SECRET, spool=spool))
    loading.begin(app.extensions["engine"], spool_of(app), every_s=LOADED_EVERY_S)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    there.send(server.port)
    server.serve_forever()
