"""Followers of links, answered before Flask: with what Flask answered to the same link just now.

Decides who is plain enough for that: a GET of a link and nothing else, to a host of ours, by
somebody who isn't signed in. All others are Flask's, and so is the first one of every second, from
whose answer the next ones are made. What becomes of the visit ``touching`` decides here as there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from flask import Flask, Request
from werkzeug.http import parse_cookie
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Response

from storefront import agents, clock, logs, touching, visits
from storefront.settings import Settings
from storefront.spool import lines
from storefront.spool.segments import SpoolRefused
from storefront.touching import Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_UNDER = "/k/"
_LESSONS = "hoahong.lessons"
_LEADS_ON = 302
_FRESH_S = 1.0
_MOST = 4_096
_TELLING = frozenset({"to", "lang"})
"""What a query can ask for; campaigns' own marks change nothing."""
_OF_ONE_ANSWER = frozenset({"Set-Cookie", "X-Request-Id"})


@dataclass(frozen=True, slots=True)
class Lesson:
    """Where a link leads, and how far a demo's clock is ahead."""

    place: Place
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class _Answer:
    lesson: Lesson
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    until: float


def teach(request: Request, place: Place, *, ahead: timedelta) -> None:
    """Say what the link in hand is, so that the next ones who follow it needn't ask."""
    request.environ.get(_LESSONS, []).append(Lesson(place, ahead))


def forget(app: Flask) -> None:
    """Forget all answers: the demo's clock has moved."""
    cast("QuickLinks", app.wsgi_app).forget()


class QuickLinks:
    """A layer of WSGI around an app."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Wrap an app that is otherwise complete."""
        self._app: WSGIApplication = app.wsgi_app
        self._spool = touching.spool_of(app)
        self._cookies = visits.cookies(app)
        self._of_the_known = (app.config["SESSION_COOKIE_NAME"], "remember_token")
        self._is_ours = lru_cache(maxsize=64)(_host_checker(app.config["TRUSTED_HOSTS"]))
        self._tells = logs.tells_requests(settings)
        self._answers: dict[str, _Answer] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a plain follower of a link; leave everything else to Flask."""
        path = environ["PATH_INFO"]
        if not path.startswith(_UNDER) or not self._is_plain(environ):
            return self._app(environ, start_response)
        answer = self._answers.get(path)
        if answer is None or answer.until < time.monotonic():
            return self._learn(path, environ, start_response)
        return self._answer(answer, environ, start_response)

    def forget(self) -> None:
        """Forget all answers."""
        self._answers.clear()

    def _is_plain(self, environ: WSGIEnvironment) -> bool:
        """Tell whether only the link decides what is answered."""
        return (
            environ["REQUEST_METHOD"] == "GET"
            and not environ.get("SCRIPT_NAME")
            and self._is_ours(environ.get("HTTP_HOST", ""))
            and not _asks(environ.get("QUERY_STRING", ""))
            and not any(name in environ.get("HTTP_COOKIE", "") for name in self._of_the_known)
        )

    def _answer(
        self, answer: _Answer, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        begun = time.perf_counter()
        touched = touching.decide(
            answer.lesson.place,
            self._memory(environ),
            at=clock.wall() + answer.lesson.ahead,
            uncounted=agents.uncounted(environ),
        )
        try:
            self._spool.append(lines.write(answer.lesson.place.program_id, touched.visit))
        except SpoolRefused:
            return self._app(environ, start_response)
        request_id = logs.request_id_of(
            environ.get("HTTP_X_REQUEST_ID", ""), chance=touched.visit.key
        )
        headers = [*answer.headers, ("X-Request-Id", request_id)]
        if touched.memory:
            headers.append(("Set-Cookie", self._cookies.remembering(touched.memory)))
        if self._tells:
            logs.tell_followed(environ["PATH_INFO"], request_id, answer.status, begun)
        start_response(answer.status, headers)
        return [answer.body]

    def _memory(self, environ: WSGIEnvironment) -> visits.Memory | None:
        text = environ.get("HTTP_COOKIE")
        if not text:
            return None
        return self._cookies.remembered(parse_cookie(text).get(visits.VISIT, ""))

    def _learn(
        self, path: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Let Flask answer, and keep what it answered if it was taught to be a link of ours."""
        lessons: list[Lesson] = []
        told = Response.from_app(self._app, environ | {_LESSONS: lessons}, buffered=True)
        if lessons and told.status_code == _LEADS_ON:
            if len(self._answers) >= _MOST:
                self._answers.clear()
            kept = [(name, said) for name, said in told.headers if name not in _OF_ONE_ANSWER]
            until = time.monotonic() + _FRESH_S
            self._answers[path] = _Answer(lessons[0], told.status, kept, told.get_data(), until)
        return told(environ, start_response)


def _asks(query: str) -> bool:
    """Tell whether a query asks for something besides the link."""
    if not query:
        return False
    try:
        return any(name in _TELLING for name, _ in parse_qsl(query, keep_blank_values=True))
    except ValueError:
        return True


def _host_checker(hosts: Iterable[str]) -> Callable[[str], bool]:
    trusted = [*hosts]
    return lambda host: bool(host) and host_is_trusted(host, trusted)
