"""Followers of links are answered alike, before Flask and by it; whatever is odd is Flask's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request_started
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.http import parse_cookie
from werkzeug.test import Client, TestResponse

from commissions.clicks import Visit
from commissions.models import AttributionDecision, Partner, TouchRecord
from storefront import clock, database, quick_links, visits
from storefront.spool.segments import Spool
from storefront.touching import spool_of
from storefront.visits import Memory
from tests.storefront.shopping.shopper import buy
from tests.storefront.web import Browser, load_clicks

LINK = "/k/linhdan-hong"
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14; SM-A155F) Chrome/130.0 Mobile"}
BOT = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
PREVIEW = {"User-Agent": "facebookexternalhit/1.1"}
OF_ONE_ANSWER = {"X-Request-Id", "Set-Cookie"}

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _never_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_links, "_FRESH_S", 3600.0)


@pytest.fixture
def asked(app: Flask) -> Iterator[list[str]]:
    """The paths that came as far as Flask."""
    paths: list[str] = []

    def listen(_app: Flask, **_more: object) -> None:
        from flask import request  # noqa: PLC0415  # reason: the one in hand

        paths.append(request.path)

    with request_started.connected_to(listen, app):
        yield paths


def quick(app: Flask) -> Client:
    """Return a browser without cookies of its own, for whom the link is known."""
    client = Client(app, use_cookies=False)
    client.get(LINK, headers=PHONE)
    return client


def by_flask(app: Flask) -> Client:
    """Return a browser that is always answered by Flask."""
    return Client(lambda environ, start: Flask.wsgi_app(app, environ, start), use_cookies=False)


def visit_cookie(app: Flask, memory: Memory) -> str:
    """Return the Cookie header of a browser that remembers."""
    return visits.cookies(app).remembering(memory).partition(";")[0]


def remembered(app: Flask, answer: TestResponse) -> Memory | None:
    """Return what an answer lets the browser remember."""
    for header in answer.headers.getlist("Set-Cookie"):
        told = parse_cookie(header).get("visit")
        if told:
            return visits.cookies(app).remembered(told)
    return None


def told(app: Flask, answer: TestResponse) -> dict[str, Any]:
    """Return all that two answers to the same request must agree on."""
    memory = remembered(app, answer)
    last = memory.last if memory else None
    return {
        "status": answer.status,
        "body": answer.get_data(),
        "headers": sorted((k, v) for k, v in answer.headers if k not in OF_ONE_ANSWER),
        "attributes": [
            sorted(part.strip() for part in header.split(";")[1:])
            for header in answer.headers.getlist("Set-Cookie")
        ],
        "remembered": last and (last.partner_id, last.link_id, last.kind),
        "new": memory and last and memory.visitor == last.key,
        "request id": len(answer.headers["X-Request-Id"]),
    }


ALIKE: dict[str, dict[str, Any]] = {
    "plain": {},
    "from a campaign": {"query_string": "fbclid=IwY2xjaw%2FGx&utm_source=zalo"},
    "with its own id": {"headers": PHONE | {"X-Request-Id": "0123456789abcdef"}},
    "with an odd id": {"headers": PHONE | {"X-Request-Id": "a b"}},
    "a bot": {"headers": BOT},
    "a preview": {"headers": PREVIEW},
    "read ahead": {"headers": PHONE | {"Sec-Purpose": "prefetch;prerender"}},
    "says nothing of itself": {"headers": {"User-Agent": ""}},
    "in another language": {"headers": PHONE | {"Accept-Language": "en", "Accept-Encoding": "br"}},
    "with others' cookies": {"headers": PHONE | {"Cookie": "_ga=GA1.2; lang=en; cart=x"}},
    "with a forged cookie": {"headers": PHONE | {"Cookie": "visit=ImV2aWwi.aaaa.bbbb"}},
    "with an oversized cookie": {"headers": PHONE | {"Cookie": f"visit={'x' * 3000}"}},
    "with a broken cookie": {"headers": PHONE | {"Cookie": 'visit="\\303\\'}},
}
FLASK_ONLY: dict[str, dict[str, Any]] = {
    "led elsewhere": {"query_string": {"to": "/p/lotus-tea"}},
    "led out": {"query_string": {"to": "//evil.example"}},
    "led elsewhere, spelt oddly": {"query_string": "%74o=%2Fcart"},
    "with a language": {"query_string": {"lang": "en"}},
    "only asked about": {"method": "HEAD"},
    "sent a form": {"method": "POST"},
    "of a stranger": {"path": "/k/nobody"},
    "spelt in capitals": {"path": "/k/LINHDAN-HONG"},
    "spelt with a slash": {"path": f"{LINK}/"},
    "spelt oddly": {"path": "/k/%F0%9F%8C%B9"},
    "of nothing": {"path": "/k/"},
    "by another name": {"headers": PHONE | {"Host": "evil.example"}},
    "by somebody known": {"headers": PHONE | {"Cookie": "session=abc"}},
    "by somebody remembered": {"headers": PHONE | {"Cookie": "remember_token=abc"}},
}


@on_sqlite
@pytest.mark.parametrize("name", ALIKE)
def test_a_follower_is_answered_alike_before_flask_and_by_it(
    app: Flask, asked: list[str], name: str
) -> None:
    request = {"path": LINK, "headers": PHONE} | ALIKE[name]
    client = quick(app)
    asked.clear()
    soon = client.open(**request)
    assert asked == []
    late = by_flask(app).open(**request)
    assert told(app, soon) == told(app, late)
    load_clicks(app)
    with Session(app.extensions["engine"]) as session:
        rows = session.execute(
            select(TouchRecord.kind, TouchRecord.partner_id, TouchRecord.link_id,
                   TouchRecord.uncounted, TouchRecord.visitor.is_(None))
            .order_by(TouchRecord.id)
        ).all()  # fmt: skip
    assert len(rows) == 3
    assert rows[1] == rows[2]


@on_sqlite
@pytest.mark.parametrize("name", FLASK_ONLY)
def test_whatever_is_odd_is_left_to_flask(app: Flask, asked: list[str], name: str) -> None:
    client = quick(app)
    asked.clear()
    answer = client.open(**{"path": LINK, "headers": PHONE} | FLASK_ONLY[name])
    assert len(asked) == 1
    assert answer.status_code < 500


@on_sqlite
@pytest.mark.parametrize(
    ("before", "ago", "touches"),
    [(LINK, 59, 0), (LINK, 61, 1), ("/k/may-tra", 10, 1)],
)
def test_the_browser_remembers_the_last_touch_and_a_repeat_is_the_same_one(
    app: Flask, asked: list[str], before: str, ago: int, touches: int
) -> None:
    client = quick(app)
    first = remembered(app, by_flask(app).get(before, headers=PHONE))
    assert first is not None
    assert first.last is not None
    last = first.last
    when = datetime.now(UTC) - timedelta(minutes=ago)
    earlier = Visit(last.partner_id, when, last.kind, last.link_id, last.visitor, last.key)
    headers = PHONE | {"Cookie": visit_cookie(app, Memory(first.visitor, earlier))}
    asked.clear()
    soon = remembered(app, client.get(LINK, headers=headers))
    assert asked == []
    assert (soon is not None) == touches
    assert soon is None or soon.visitor == first.visitor
    late = remembered(app, by_flask(app).get(LINK, headers=headers))
    assert (late is not None) == touches


@on_sqlite
def test_an_answer_is_repeated_for_a_second_and_then_asked_for_again(
    app: Flask, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_links, "_FRESH_S", -1.0)
    client = quick(app)
    client.get(LINK, headers=PHONE)
    assert asked == [LINK, LINK]


@on_sqlite
def test_no_more_answers_are_kept_than_there_is_room_for(
    app: Flask, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_links, "_MOST", 1)
    client = quick(app)
    client.get("/k/may-tra", headers=PHONE)
    client.get("/k/may-tra", headers=PHONE)
    client.get(LINK, headers=PHONE)
    assert asked == [LINK, "/k/may-tra", LINK]


@on_sqlite
def test_a_demos_clock_rules_the_time_of_a_click(app: Flask, browser: Browser) -> None:
    client = quick(app)
    operator = browser.sign_in("operator")
    operator.post("/demo/advance", page="/demo", days="30")
    for _ in range(2):
        memory = remembered(app, client.get(LINK, headers=PHONE))
        assert memory is not None
        assert memory.last is not None
        assert memory.last.occurred_at > clock.wall() + timedelta(days=29)


@on_sqlite
def test_followers_are_logged_like_other_requests(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    client = quick(app)
    client.get(LINK, headers=PHONE)
    by_flask(app).get(LINK, headers=PHONE)
    soon, late = (json.loads(line) for line in capsys.readouterr().out.splitlines()[-2:])
    assert soon.keys() == late.keys()
    for name in ("method", "path", "status", "actor", "event", "level"):
        assert soon[name] == late[name], name
    assert len(soon["timestamp"]) == len(late["timestamp"])


def refuse(app: Flask, folder: Path) -> None:
    """Take the room for clicks away: what should be a folder is a file."""
    folder.touch()
    spool = Spool(folder, most_bytes=1)
    app.extensions["spool"] = spool
    app.wsgi_app._spool = spool  # type: ignore[attr-defined]  # noqa: SLF001


def test_without_room_a_click_goes_straight_to_the_database(app: Flask, tmp_path: Path) -> None:
    client = quick(app)
    load_clicks(app)
    refuse(app, tmp_path / "a file")
    for path in (LINK, "/@linhdan"):
        answer = client.get(path, headers=PHONE)
        assert answer.status_code in {200, 302}
        assert remembered(app, answer)
    with Session(app.extensions["engine"]) as session:
        kinds = [*session.scalars(select(TouchRecord.kind).order_by(TouchRecord.id))]
    assert kinds == ["click", "click", "shop_page"]
    assert spool_of(app).figures.refused > 0


@on_sqlite
def test_without_room_and_without_a_database_it_is_told_as_a_page(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = quick(app)
    refuse(app, tmp_path / "a file")

    def away(_engine: object) -> None:
        raise OperationalError("begin", {}, Exception("disk is full"))

    monkeypatch.setattr(database, "transaction", away)
    answer = client.get(LINK, headers=PHONE)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")


def test_a_sale_right_after_a_click_is_attributed_before_it_is_loaded(
    app: Flask, browser: Browser
) -> None:
    browser.get(LINK)
    buy(browser, "TON-200")
    with Session(app.extensions["engine"]) as session:
        assert session.scalars(select(TouchRecord)).all() == []
        decision = session.scalars(select(AttributionDecision)).one()
        assert session.get_one(Partner, decision.partner_id).code == "linh"
        ((own,), (key,)) = decision.touches, {one["key"] for one in decision.touches}
        assert (own["id"], own["verdict"]) == (None, "won")
    load_clicks(app)
    with Session(app.extensions["engine"]) as session:
        assert session.scalars(select(TouchRecord.key).where(TouchRecord.key == key)).one()


def test_a_sale_after_its_click_was_loaded_carries_the_touch_once(
    app: Flask, browser: Browser
) -> None:
    browser.get(LINK)
    browser.get("/@linhdan")
    load_clicks(app)
    buy(browser, "TON-200")
    with Session(app.extensions["engine"]) as session:
        decision = session.scalars(select(AttributionDecision)).one()
    assert [one["kind"] for one in decision.touches] == ["click", "shop_page"]
    assert all(one["id"] for one in decision.touches)


def test_bots_and_previews_are_kept_and_earn_nothing(app: Flask, browser: Browser) -> None:
    for headers in (BOT, PREVIEW):
        browser.get(LINK, headers=headers)
    buy(browser, "TON-200")
    load_clicks(app)
    with Session(app.extensions["engine"]) as session:
        reasons = [*session.scalars(select(TouchRecord.uncounted).order_by(TouchRecord.id))]
        decision = session.scalars(select(AttributionDecision)).one()
    assert {*reasons} == {"bot", "preview"}
    assert (decision.partner_id, decision.touches) == (None, [])


@on_sqlite
def test_who_chose_nobody_and_follows_a_link_again_supports_its_partner(
    app: Flask, browser: Browser
) -> None:
    browser.get(LINK)
    browser.post("/supporting", page="/p/rose-toner?lang=en", handle="", back="/cart")
    browser.get(LINK)
    buy(browser, "TON-200")
    with Session(app.extensions["engine"]) as session:
        decision = session.scalars(select(AttributionDecision)).one()
        assert session.get_one(Partner, decision.partner_id).code == "linh"


@on_sqlite
def test_the_figures_of_clicks_are_for_the_brands_people(app: Flask, browser: Browser) -> None:
    quick(app).get(LINK, headers=BOT)
    waiting = app.test_client().get("/readyz").get_json()["clicks"]
    assert 0 < waiting["waiting_bytes"] < waiting["most_bytes"]
    load_clicks(app)
    page = browser.sign_in("operator").get("/metrics")
    assert page.mimetype == "text/plain"
    figures = dict(line.split() for line in page.text.splitlines())
    names = ("spooled_total", "loaded_total", "bots_total", "rotations_total", "waiting_bytes")
    assert [figures[f"hoahong_clicks_{name}"] for name in names] == ["2", "2", "1", "1", "0"]
