"""Who may open what: every route has a row, and every row is kept."""

from __future__ import annotations

import pytest
from flask import Flask

from storefront.access import ACCESS, EVERYONE, ROLES
from tests.storefront.web import KOCS, STAFF, Browser

ON_ONE_KIND = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

ANSWERS_FOR_ARGUMENTS = {
    "handle": "linhdan", "slug": "rose-toner", "name": "plate.svg", "code": "linhdan-hong",
    "token": "nothing", "number": "HS-1", "batch_id": "1", "reference": "HS-1", "path": "x",
    "filename": "icons.svg",
}  # fmt: skip
PEOPLE = {"partner": next(iter(KOCS)), **{role: who for who, (_, role) in STAFF.items()}}


@ON_ONE_KIND
def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routes - ACCESS.keys() == set(), "a route without a row is shut: say who may open it"
    assert ACCESS.keys() - routes == set(), "a row without a route: remove it"


def test_every_role_is_somebody() -> None:
    assert set(PEOPLE) == set(ROLES)


@ON_ONE_KIND
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_its_rows_say_and_nothing_else(app: Flask, role: str) -> None:
    browser = Browser(app.test_client()).sign_in(PEOPLE[role])
    for endpoint, method, path in _routes(app):
        allowed = not ACCESS[endpoint] or role in ACCESS[endpoint]
        if endpoint == "security.logout":
            continue  # it would sign out the one who asks
        browser.get("/p/rose-toner")  # a page with a form
        data = {"csrf_token": browser.hidden("csrf_token")}
        with browser.client.open(path, method=method, data=data) as answer:
            status = answer.status_code
        if not allowed:
            assert status == 403, f"{role} got {status} from {endpoint}"
        else:
            assert status not in {403, 500}, f"{role} may open {endpoint}"


@ON_ONE_KIND
def test_whoever_is_not_signed_in_is_led_to_sign_in(app: Flask) -> None:
    browser = Browser(app.test_client())
    browser.get("/sign-in")
    for endpoint, method, path in _routes(app):
        if ACCESS[endpoint] is EVERYONE:
            continue
        data = {"csrf_token": browser.hidden("csrf_token")}
        answer = browser.client.open(path, method=method, data=data)
        assert answer.status_code in {302, 303}, endpoint
        assert answer.headers["Location"].startswith("/sign-in?next="), endpoint


def _routes(app: Flask) -> list[tuple[str, str, str]]:
    """List endpoint, method and an address of every route."""
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return [
            (rule.endpoint, method, adapter.build(rule.endpoint, _arguments(rule.arguments)))
            for rule in app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) & {"GET", "POST"})
        ]


def _arguments(names: set[str]) -> dict[str, str | int]:
    return {
        name: int(ANSWERS_FOR_ARGUMENTS[name])
        if name.endswith("_id")
        else ANSWERS_FOR_ARGUMENTS[name]
        for name in names
    }
