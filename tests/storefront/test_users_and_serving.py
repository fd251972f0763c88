"""From the command line to a page: make somebody who signs in, serve, and stop."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from commissions.models import TouchRecord
from storefront.accounts.models import User
from storefront.settings import spool_folder
from tests.storefront.running import PROGRAM, Here
from tests.storefront.web import CODE, KOCS, PASSWORD, SECRET, STAFF, Browser

MAIL = "Thu.Ha@Example.com"
WORD = "a long enough word"


def create(here: Here, *more: str, mail: str = MAIL, word: str = WORD) -> tuple[int, str]:
    """Run ``hoahong user create``."""
    ran = here("user", "create", mail, "--name", "Thu Hà", "--password", word, *more)
    return ran.code, ran.err


def sign_in(app: Flask, mail: str, word: str) -> TestResponse:
    """Try to sign in as a new visitor; return where that leads."""
    return Browser(app.test_client()).post("/sign-in", page="/sign-in", email=mail, password=word)


def test_a_user_that_was_created_can_sign_in(
    app: Flask, shop_engine: Engine, database_url: str
) -> None:
    here = Here(database_url)
    made = here.data(
        "user", "create", MAIL, "--name", "Thu Hà", "--role", "preparer", "--password", WORD
    )
    assert (made["email"], made["roles"]) == (MAIL.lower(), ["preparer"])
    browser = Browser(app.test_client())
    landed = browser.post("/sign-in", page="/sign-in", email=MAIL, password=WORD)
    assert landed.request.path == "/finance/review"
    with Session(shop_engine) as session:
        kept = session.get_one(User, made["id"]).password
    assert kept is not None
    assert kept.startswith("$argon2id$"), "the password itself is kept nowhere"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--role", "partner"], "belongs to one partner"),
        (["--role", "admin", "--program", CODE, "--partner", "linh"], "belongs to one partner"),
        (["--role", "partner", "--program", CODE, "--partner", "nobody"], "nobody"),
        (["--role", "partner", "--program", "none", "--partner", "linh"], "none"),
    ],
)
def test_a_user_who_fits_no_desk_is_refused(
    shop_engine: Engine, database_url: str, arguments: list[str], said: str
) -> None:
    code, told = create(Here(database_url), *arguments)
    assert code == 1
    assert said in told


def test_a_mail_is_given_to_one_person(shop_engine: Engine, database_url: str) -> None:
    here = Here(database_url)
    assert create(here, "--role", "operator")[0] == 0
    code, told = create(here, "--role", "admin", mail=MAIL.upper())
    assert (code, "choose another mail" in told) == (1, True)


@pytest.mark.parametrize("word", ["short", "x" * 200])
def test_a_password_that_is_no_good_is_refused(
    shop_engine: Engine, database_url: str, word: str
) -> None:
    code, told = create(Here(database_url), "--role", "operator", word=word)
    assert (code, "A password has" in told) == (1, True)


def test_a_password_is_piped_in_where_nobody_sees_it(app: Flask, database_url: str) -> None:
    here = Here(database_url, typed=f"{WORD}\n")
    created = here("user", "create", MAIL, "--name", "Hà", "--role", "admin", "--password-stdin")
    assert (created.code, created.err) == (0, "")
    assert sign_in(app, MAIL, WORD).request.path == "/finance/review"
    other = f"another {WORD}"
    changed = Here(database_url, typed=f"{other}\r\n").data(
        "user", "password", MAIL.upper(), "--password-stdin"
    )
    assert changed == {"email": MAIL.lower()}
    assert sign_in(app, MAIL, WORD).request.path == "/sign-in"
    assert sign_in(app, MAIL, other).request.path == "/finance/review"
    twice = here("user", "password", MAIL, "--password-stdin", "--password", WORD)
    assert (twice.code, "not both" in twice.err) == (2, True)


def test_everybody_who_signs_in_is_listed(shop_engine: Engine, database_url: str) -> None:
    here = Here(database_url)
    here.data("user", "disable", STAFF["operator"][0])
    listed = {one["email"]: one for one in here.data("user", "list")["users"]}
    assert listed[KOCS["linh"]] == {
        "email": KOCS["linh"],
        "name": "Linh Đan",
        "roles": ["partner"],
        "partner": f"{CODE}/linh",
        "active": True,
    }
    assert {mail for mail, one in listed.items() if not one["active"]} == {STAFF["operator"][0]}
    assert len(listed) == len(STAFF) + len(KOCS)
    table = here("user", "list").out
    assert all(mail in table for mail in listed)


@pytest.mark.parametrize("command", ["disable", "password"])
def test_who_is_shut_out_or_has_another_password_is_signed_out_at_once(
    app: Flask, database_url: str, command: str
) -> None:
    mail = STAFF["preparer"][0]
    desk = Browser(app.test_client()).sign_in("preparer")
    assert desk.get("/finance/review").request.path == "/finance/review"
    more = ["--password", WORD] if command == "password" else []
    Here(database_url).data("user", command, mail, *more)
    assert desk.get("/finance/review").request.path == "/sign-in"
    assert sign_in(app, mail, PASSWORD).request.path == "/sign-in"


def test_who_is_let_in_again_signs_in_with_the_same_password(app: Flask, database_url: str) -> None:
    here, mail = Here(database_url), STAFF["preparer"][0]
    assert here.data("user", "disable", mail) == {"email": mail, "active": False}
    assert here.data("user", "enable", mail) == {"email": mail, "active": True}
    assert sign_in(app, mail, PASSWORD).request.path == "/finance/review"


@pytest.mark.parametrize("command", ["disable", "enable", "password"])
def test_nobody_is_told_of_with_a_way_to_see_who_there_is(
    shop_engine: Engine, database_url: str, command: str
) -> None:
    more = ["--password", WORD] if command == "password" else []
    ran = Here(database_url)("user", command, "nobody@shop.example", *more)
    assert (ran.code, "`hoahong user list`" in ran.err) == (1, True)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_shop_is_served_until_it_is_told_to_stop(
    shop_engine: Engine, database_url: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "HOAHONG_DATABASE_URL": database_url,
        "HOAHONG_SECRET_KEY": SECRET,
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        [PROGRAM, "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        try:
            assert served.stdout is not None
            assert re.match(r"Serving http://127\.0\.0\.1:8000", served.stdout.readline())
            ready = _ask(port, "/readyz")
            served.send_signal(signal.SIGTERM)
            assert served.wait(timeout=30) == 0
        finally:
            served.kill()
    assert json.loads(ready)["status"] == "ok"


def _ask(port: int, path: str) -> str:
    """Ask the server, as often as it takes for its worker to listen: nothing tells when it does."""
    given_up = time.monotonic() + 60
    while time.monotonic() < given_up:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            connection.close()
    pytest.fail("the server never listened")


def test_the_jobs_load_what_a_dead_web_process_left(
    app: Flask,
    shop_engine: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app.test_client().get("/@linhdan")
    (written,) = (tmp_path / "spool").glob("*.clicks")
    monkeypatch.setenv("HOAHONG_SPOOL", str(tmp_path))
    left = spool_folder({"HOAHONG_DATABASE_URL": database_url, "HOAHONG_SPOOL": str(tmp_path)})
    left.mkdir()
    shutil.copy(written, left)
    Here(database_url)("jobs", "run", "--once")
    with Session(shop_engine) as session:
        assert session.scalar(select(func.count(TouchRecord.id))) == 1
    assert [*left.iterdir()] == []
