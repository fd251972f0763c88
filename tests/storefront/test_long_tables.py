"""Long tables of the command line: cut where nobody reads on, and ended by what they come to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storefront import database
from tests.factories import make_partner, make_program
from tests.storefront.running import Here
from tests.storefront.shop import Shop

MANY = 40
SHOWN = 30
OF_ROSES = ("--program", "roses")


@pytest.fixture
def here(database_url: str, engine: Engine, tmp_path: Path) -> Here:
    """The command line of a shop that owes something to forty partners."""
    shop = Shop(engine, tmp_path)
    with database.transaction(engine) as session:
        program = make_program(session)
        for number in range(MANY):
            make_partner(session, program, f"k{number:02}")
    shop.take(
        *(f"S{n},2024-01-05,b{n},ROSE,1,100.00" for n in range(MANY)),
        "S99,2024-03-05,eve,ROSE,1,1.00",
        brought={f"b{n}": f"k{n:02}" for n in range(MANY)},
    )
    return Here(database_url)


def test_a_long_table_is_cut_and_says_how_to_see_the_rest(here: Here) -> None:
    here("payouts", "build", *OF_ROSES, "--by", "quang")
    approve = ("payouts", "approve", *OF_ROSES, "--by", "thu", "1")
    cut = here(*approve).out.splitlines()
    assert len(cut) == 2 + SHOWN + 1
    assert cut[-1] == f"and {MANY - SHOWN} more (--all)"
    whole = here(*approve, "--all").out.splitlines()
    assert len(whole) == 2 + MANY
    assert len(here.data(*approve)["payouts"]) == MANY


def test_skipped_partners_are_cut_too(here: Here, engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = make_program(session)
        for number in range(MANY):
            make_partner(
                session, program, f"k{number:02}", payout_rail=None, payout_destination=None
            )
    build = ("payouts", "build", *OF_ROSES, "--by", "quang")
    said = here(*build).out.splitlines()
    assert (len(said), said[-1]) == (1 + SHOWN + 1, f"and {MANY - SHOWN} more (--all)")
    assert len(here(*build, "--all").out.splitlines()) == 1 + MANY


def test_balances_end_with_what_they_come_to(here: Here) -> None:
    balance = ("ledger", "balance", *OF_ROSES)
    said = here(*balance).out
    assert re.search(r"^and \d+ more \(--all\)$", said, re.MULTILINE)
    totals = said.partition("in all")[2]
    for told in (
        r"accrued, of all partners +0\.00 EUR",
        r"payable, of all partners +400\.00 EUR",
        r"in_payout, of all partners +0\.00 EUR",
        r"owed to partners +400\.00 EUR",
        r"expense less cash, of the house +400\.00 EUR",
    ):
        assert re.search(rf"^{told} *$", totals, re.MULTILINE), told
    assert here.data(*balance)["totals"] == {
        "accrued": 0,
        "payable": 40_000,
        "in_payout": 0,
        "partners": 40_000,
        "house": 40_000,
    }


def test_an_empty_database_is_called_empty(empty_database_url: str) -> None:
    here = Here(empty_database_url)
    ran = here("ledger", "verify")
    assert (ran.code, ran.out) == (1, "")
    assert re.fullmatch(
        r"hoahong: The database is empty, the code needs \w+: run `hoahong db upgrade` first\.\n",
        ran.err,
    )
    assert "it is empty, not at revision" in here("db", "check").out
