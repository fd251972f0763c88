"""The brake on guessing passwords: ten wrong ones for an account, then a pause for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from storefront import clock
from storefront.accounts.brake import (
    MOST_FOR_AN_ACCOUNT,
    MOST_FROM_AN_ADDRESS,
    WINDOW,
    Brake,
    address_of,
)
from tests.storefront.hub.reading import text_of
from tests.storefront.web import PASSWORD, STAFF, Browser

ON_ONE_KIND = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NOON = datetime(2026, 12, 1, 12, 0, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TOO_MANY = "Too many wrong passwords. Try again at"


def guess(
    brake: Brake, times: int, *, account: str = "an@x", address: str = "1.1.1.1"
) -> list[datetime | None]:
    """Guess so many times, a second apart."""
    return [brake.take(account, address, at=NOON + SECOND * one) for one in range(times)]


def test_the_eleventh_guess_waits_for_the_first_to_grow_old() -> None:
    told = guess(Brake(), MOST_FOR_AN_ACCOUNT + 1)
    assert told[:-1] == [None] * MOST_FOR_AN_ACCOUNT
    assert told[-1] == datetime(2026, 12, 1, 12, 16, tzinfo=UTC), "the next full minute"


def test_what_is_tried_in_a_pause_does_not_lengthen_it() -> None:
    brake = Brake()
    *_all, first, last = guess(brake, MOST_FOR_AN_ACCOUNT + 60)
    assert first == last
    assert brake.take("an@x", "1.1.1.1", at=NOON + WINDOW) is None


def test_an_account_is_one_however_it_is_written_and_from_wherever() -> None:
    brake = Brake()
    guess(brake, MOST_FOR_AN_ACCOUNT)
    assert brake.take("AN@x", "2.2.2.2", at=NOON + WINDOW / 2)
    assert brake.take("binh@x", "2.2.2.2", at=NOON + WINDOW / 2) is None


def test_many_accounts_from_one_address_are_slowed_down_too() -> None:
    brake = Brake()
    told = [brake.take(f"{one}@x", "1.1.1.1", at=NOON) for one in range(MOST_FROM_AN_ADDRESS + 1)]
    assert told[:-1] == [None] * MOST_FROM_AN_ADDRESS
    assert told[-1]
    assert brake.take("31@x", "2.2.2.2", at=NOON) is None


def test_a_right_password_counts_against_nobody() -> None:
    brake = Brake()
    for one in range(MOST_FROM_AN_ADDRESS * 2):
        at = NOON + SECOND * one
        assert brake.take("an@x", "1.1.1.1", at=at) is None
        brake.forgive("an@x", "1.1.1.1", at=at)


def test_what_is_remembered_is_bounded() -> None:
    brake = Brake(most_kept=20)
    for one in range(1_000):
        brake.take(f"{one}@x", f"1.1.{one // 250}.{one % 250}", at=NOON)
    assert len(brake._tries) == 20  # noqa: SLF001  # reason: there is nothing else to see


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "rubbish", "unknown"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
    ],
)
def test_an_address_is_believed_from_the_connection_or_our_own_proxy(
    peer: str, forwarded: str, counted: str
) -> None:
    builder = EnvironBuilder(environ_base={"REMOTE_ADDR": peer})
    builder.headers["X-Forwarded-For"] = forwarded
    assert address_of(Request(builder.get_environ())) == counted


@ON_ONE_KIND
@pytest.mark.parametrize("email", [STAFF["operator"][0], "nobody@hoasom.example"])
def test_after_ten_wrong_passwords_the_right_one_waits_as_well(
    app: Flask, browser: Browser, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _each in range(MOST_FOR_AN_ACCOUNT):
        told = _try(browser, email, "x" * 12)
        assert told[0] == 200
        assert TOO_MANY not in told[1]
    status, shown = _try(browser, email, PASSWORD)
    assert status == 429
    assert TOO_MANY in shown
    assert "don't go together" not in shown
    other = Browser(app.test_client()).sign_in("preparer")
    assert other.page
    assert other.page.status_code == 200, "somebody else's account isn't slowed down"
    later = clock.wall() + WINDOW
    monkeypatch.setattr(clock, "wall", lambda: later)
    status, shown = _try(browser, email, PASSWORD)
    assert TOO_MANY not in shown


@ON_ONE_KIND
def test_the_password_asked_once_more_is_guarded_too(browser: Browser) -> None:
    browser.sign_in("operator")
    for _each in range(MOST_FOR_AN_ACCOUNT):
        browser.post("/sign-in/again", page="/sign-in/again?lang=en", password="x" * 12)
    told = browser.post("/sign-in/again", page="/sign-in/again?lang=en", password=PASSWORD)
    assert told.status_code == 429
    assert TOO_MANY in text_of(told.text)


def _try(browser: Browser, email: str, password: str) -> tuple[int, str]:
    """Try to sign in; return the answer's status and its words."""
    told = browser.post("/sign-in", page="/sign-in?lang=en", email=email, password=password)
    return told.status_code, text_of(told.text)
