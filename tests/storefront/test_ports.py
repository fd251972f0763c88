"""Where a server listens: on a port that nobody else has, or not at all."""

from __future__ import annotations

import socket

import pytest

from storefront import serving
from tests.storefront.running import Here
from tests.storefront.web import SECRET


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_refused_before_anything_is_opened(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOAHONG_SECRET_KEY", SECRET)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as the server does
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        ran = Here("sqlite:///not-there.sqlite3")(command, "--port", str(port))
    assert (ran.code, ran.out) == (1, "")
    assert f"Port {port} is taken: choose another, such as " in ran.err
    assert ("make demo" if command == "demo" else "hoahong serve --port ") in ran.err


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(serving.NowhereToListen, match=r"192\.0\.2\.1:8000"):
        serving.check_port("192.0.2.1", 8000, example="")
