"""How the commands speak: to people, to programs and to terminals, and how they refuse."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from storefront import database
from tests.storefront import running
from tests.storefront.running import PROGRAM, Here, environment
from tests.storefront.shop import HEADER, WRITTEN, Shop

ROSES = Path(__file__).parents[1] / "data" / "roses.toml"
MAPPING = f"""{WRITTEN}\
[documents]
return_prefixes = ["C"]
"""
ORDERS = (
    "S1,2024-06-05,ann,ROSE,10,10.00",
    "C1,2024-06-06,ann,ROSE,-4,10.00",
    "C1,2024-06-06,ann,LILY,-1,10.00",
    "S2,x,y,z,1,1",
)
"""A sale and a return; a returned lily that was never sold, and a row that says nothing."""

ON_ONE_KIND = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""For what has nothing to do with the database."""


@pytest.fixture
def here(database_url: str) -> Here:
    """The command line on a migrated database."""
    return Here(database_url)


@pytest.fixture
def shop(here: Here, tmp_path: Path) -> Path:
    """The folder of a shop whose program is applied."""
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "orders.csv").write_text("\n".join((HEADER, *ORDERS)), encoding="utf-8")
    (tmp_path / "referrals.csv").write_text("customer_id,partner_code\nann,K1\n", encoding="utf-8")
    ran = here("program", "apply", ROSES, "--yes")
    assert (ran.code, ran.err) == (0, ""), ran
    return tmp_path


def importing(folder: Path) -> tuple[str | Path, ...]:
    """Return the command that imports the shop's orders."""
    return (
        *("sales", "import", "--program", "roses", "--mapping", folder / "mapping.toml"),
        *("--referrals", folder / "referrals.csv", "--rejects", folder / "rejects.csv"),
        folder / "orders.csv",
    )


# The walk, as people and programs see it.


def test_every_step_tells_people_what_it_did(here: Here, shop: Path) -> None:
    imported = here(*importing(shop))
    assert imported.out.splitlines() == [
        "orders.csv: 4 rows, 2 documents; new: 1 sales, 1 returns.",
        "1 rows were rejected, 1 returned rows found too few pieces sold.",
    ]
    assert re.search(r"^booking: 2 of 2, [\d,]+/s, 0 s left\n\Z", imported.err, re.MULTILINE)
    assert (shop / "rejects.csv").read_text() == (
        "row,reason,left_over_quantity\n4,unmatched return,1\n5,unreadable time,\n"
    )
    closed = here("periods", "close", "--program", "roses", "--through", "2024-06")
    assert re.match(
        r"2024-06: 0 bonuses, 0\.00 EUR; \d transfers sealed as [0-9a-f]{16}\n", closed.out
    )
    again = here("periods", "close", "--program", "roses", "--through", "2024-06")
    assert again.out == "Nothing to close.\n"
    released = here("holds", "release", "--program", "roses", "--at", "2024-07-01T00:00:00Z")
    assert released.out == "2 commissions are ready, 8.70 EUR.\n"
    verified = here("ledger", "verify")
    assert verified.out.splitlines()[-1] == "books: balanced"
    assert {ran.code for ran in (imported, closed, again, released, verified)} == {0}


def test_every_step_tells_programs_the_same_as_one_json_object(here: Here, shop: Path) -> None:
    assert here.data(*importing(shop)) == {
        "file": "orders.csv",
        "rows": 4,
        "documents": 2,
        "sales_new": 1,
        "sales_attributed": 1,
        "returns_new": 1,
        "rejected_rows": 1,
        "unmatched_rows": 1,
        "warning": None,
    }
    closing = ("periods", "close", "--program", "roses", "--through", "2024-06")
    (month,) = here.data(*closing)["closed"]
    assert (month["month"], month["bonuses"], len(month["digest"])) == ("2024-06", 0, 64)
    assert here.data(*closing) == {"closed": []}
    release = ("holds", "release", "--program", "roses", "--at", "2024-07-01T00:00:00Z")
    assert here.data(*release) == {"commissions": 2, "amount_minor": 870}
    assert here.data("ledger", "verify")["balanced"] is True
    out = shop / "out"
    assert here.data("ledger", "export", "--format", "hledger", "--out", out)["lines"] > 10
    written = ("statements", "export", "--program", "roses", "--out", out)
    assert here.data(*written) == {"file": str(out), "rows": 2}
    assert here.data("db", "check")["faults"] == []
    assert here.data("db", "upgrade") == {"revision": here.data("db", "check")["newest"]}


def test_statements_and_books_may_go_to_standard_output(here: Here, shop: Path) -> None:
    here(*importing(shop))
    statements = ("statements", "export", "--program", "roses", "--out", "-")
    assert here(*statements).out.splitlines()[0] == (
        "partner_code,month,sale_minor,override_minor,bonus_minor,reversed_minor,net_minor"
    )
    sponsor, seller = json.loads(here(*statements, "--format", "json").out)
    assert (sponsor["partner_code"], sponsor["override_minor"]) == ("D1", 200)
    assert (seller["partner_code"], seller["net_minor"]) == ("K1", 1_250 - 500)
    export = here("ledger", "export", "--program", "roses", "--format", "beancount", "--out", "-")
    assert export.out.startswith('option "title" "Hoahong: roses"\n\n2024-')


def test_balances_are_told_as_of_an_instant(here: Here, shop: Path) -> None:
    (shop / "orders.csv").write_text(f"{HEADER}\nS1,2024-06-05,ann,ROSE,10,10.00\n")
    here(*importing(shop))
    here("holds", "release", "--program", "roses", "--at", "2024-07-01T00:00:00Z")

    def of_seller(*when: str) -> dict[str, int]:
        told = here.data("ledger", "balance", "--program", "roses", *when)
        return {
            row["role"]: row["balance_minor"]
            for row in told["accounts"]
            if row["partner_code"] == "K1"
        }

    assert of_seller() == {"accrued": 0, "payable": 1_250}
    assert of_seller("--as-of", "2024-06-30T23:59:59Z") == {"accrued": 1_250, "payable": 0}
    assert of_seller("--as-of", "2024-06-01T00:00:00Z") == {"accrued": 0, "payable": 0}
    shown = here("ledger", "balance", "--program", "roses").out
    assert re.search(r"^payable +K1 +12\.50 EUR *$", shown, re.MULTILINE)


# Applying a program.


def test_applying_without_yes_and_without_a_terminal_is_refused(here: Here) -> None:
    ran = here("program", "apply", ROSES)
    assert ran.code == 1
    assert ran.out.startswith("Program roses is new.\n")
    assert ran.err == "hoahong: Nothing was applied: pass --yes to apply these changes.\n"
    refused = here("program", "apply", ROSES, "--json")
    assert (refused.code, refused.data["error"]) == (1, "NotConfirmed")
    assert here("ledger", "balance", "--program", "roses").code == 1


def test_applying_again_changes_nothing_and_asks_nothing(here: Here, shop: Path) -> None:
    ran = here("program", "apply", ROSES)
    assert (ran.code, ran.out) == (0, "Program roses is as the file says: nothing changes.\n")
    assert here.data("program", "apply", ROSES, "--yes")["applied"] is False


# Refusals.


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("ledger", "balance", "--program", "x"), "ProgramUnknown", "x"),
        (("periods", "close", "--program", "roses", "--through", "2999-01"), "MonthOpen", "2999"),
        (("periods", "close", "--program", "roses", "--through", "soon"), "TimeInvalid", "soon"),
        (("holds", "release", "--program", "r", "--at", "2024-07-01"), "TimeInvalid", "no time"),
        (("program", "apply", "nowhere.toml", "--yes"), "DocumentInvalid", "nowhere.toml"),
        (("payouts", "send", "--program", "roses", "--by", "thu", "9"), "BatchUnknown", "9"),
    ],
)
def test_a_refusal_is_one_sentence_for_people_and_an_object_for_programs(
    here: Here, shop: Path, arguments: tuple[str, ...], error: str, said: str
) -> None:
    plain = here(*arguments)
    assert (plain.code, plain.out) == (1, "")
    assert re.fullmatch(r"hoahong: [^\n]+\n", plain.err)
    assert said in plain.err
    refused = here(*arguments, "--json")
    assert (refused.code, refused.err) == (1, "")
    assert refused.data == {"error": error, "message": plain.err.strip().removeprefix("hoahong: ")}


@pytest.mark.parametrize(
    "arguments",
    [
        ("holds", "release", "--program", "roses", "--at", "soon"),
        ("holds", "release", "--program", "roses", "--by", "x" * 121),
        ("holds", "release", "--program", ""),
        ("payouts", "build", "--program", "roses", "--by", "\x1b[0m"),
        ("payouts", "approve", "--program", "roses", "--by", "thu", "9" * 30),
        ("payouts", "fail", "--program", "roses", "--by", "t", "--payout", "0", "--reason", "x"),
        ("payouts", "fail", "--program", "r", "--by", "t", "--payout", "1", "--reason", "x" * 401),
        ("statements", "export", "--program", "roses", "--out", "nowhere/statements.csv"),
        ("statements", "export", "--program", "roses", "--out", "."),
        ("jobs", "run", "--every", "0"),
    ],
)
def test_options_that_cannot_be_are_refused_before_any_work(
    here: Here, arguments: tuple[str, ...]
) -> None:
    ran = here(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Error: Invalid value for" in ran.err


def test_an_import_whose_rejects_cannot_be_written_does_not_begin(here: Here, shop: Path) -> None:
    command = [*importing(shop)]
    command[command.index(shop / "rejects.csv")] = shop / "nowhere" / "rejects.csv"
    assert here(*command).code == 2
    assert here.data(*importing(shop))["sales_new"] == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "HOAHONG_DATABASE_URL isn't set: set it to sqlite:///hoahong.sqlite3 or"),
        ("", "HOAHONG_DATABASE_URL isn't set"),
        ("mysql://root@localhost/x", "begins with 'mysql': use sqlite or postgresql+psycopg."),
        ("postgresql://localhost/x", "begins with 'postgresql': use"),
        ("what is this", "begins with 'what is this': use"),
        ("postgresql+psycopg://localhost:port/x", "can't be read: write its port as a number."),
        ("postgresql+psycopg://localhost:1/x", "The database refused: "),
        ("sqlite:////nowhere/at/all.sqlite3", "The database refused: unable to open"),
        (f"sqlite:///{Path(__file__)}", "The database refused: file is not a database."),
        ("sqlite://", "The database is empty, the code needs"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_one_sentence(url: str | None, said: str) -> None:
    ran = Here(url)("ledger", "verify")
    assert (ran.code, ran.out) == (1, "")
    assert re.fullmatch(r"hoahong: [^\n]+\n", ran.err)
    assert said in ran.err


def test_no_refusal_shows_a_traceback(tmp_path: Path) -> None:
    ran = running.run("postgresql+psycopg://localhost:1/x", "db", "upgrade", folder=tmp_path)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    ran = running.run(None, "ledger", "verify", "--json", folder=tmp_path)
    assert (ran.code, ran.data["error"], ran.err) == (1, "SettingMissing", "")


# Terminals.


@ON_ONE_KIND
def test_a_terminal_sees_a_bar_with_rate_and_time_left(here: Here, shop: Path) -> None:
    rows = "\n".join(f"S{n},2024-06-05,ann,ROSE,1,1.00" for n in range(2_500))
    (shop / "orders.csv").write_text(f"{HEADER}\n{rows}\n")
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(
        [PROGRAM, *importing(shop)],
        env=environment(here.url, TERM="xterm-256color", COLUMNS="120"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        while select.select([ours], [], [], 60)[0]:
            try:
                shown += os.read(ours, 4_096)
            except OSError:  # the other end is closed
                break
        assert process.stdout is not None
        result = process.stdout.read().decode()
    os.close(ours)
    assert process.returncode == 0
    assert result.startswith("orders.csv: 2,500 rows, 2,500 documents;")
    text_shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "━" in text_shown
    assert re.search(r"booking .*2500/2500 [\d,]+/s 0:00:00", text_shown)


@ON_ONE_KIND
def test_without_a_terminal_progress_is_plain_lines_beside_the_result(
    here: Here, shop: Path
) -> None:
    ran = running.run(here.url, *importing(shop), "--json", folder=shop)
    assert (ran.code, ran.err, ran.data["sales_new"]) == (0, "", 1)
    ran = running.run(here.url, *importing(shop), folder=shop)
    assert (ran.code, ran.out.splitlines()[0]) == (
        0,
        "orders.csv: 4 rows, 2 documents; new: 0 sales, 0 returns.",
    )


# The demo and the jobs.


def test_the_demo_prints_the_trail_of_one_order_and_that_the_books_balance() -> None:
    ran = Here(None)("demo", "--no-serve")
    assert (ran.code, ran.err) == (0, "")
    labels = ["link", "touch", "order", "attribution", "quote", "commission", "payout", "batch"]
    assert [name for name in labels if not re.search(rf"^  {name} ", ran.out, re.MULTILINE)] == []
    for code in ("accrual", "clawback", "release", "payout_reserve", "payout_settle"):
        assert re.search(rf"\b{code} .*→?.*VND", ran.out), code
    for code in ("payout_reserve", "payout_settle"):
        assert re.search(rf"\b{code} .* 179,520 of 379,860 VND$", ran.out, re.MULTILINE), code
    assert ran.out.splitlines()[-1] == "books: balanced"
    told = Here(None).data("demo")
    assert told["balanced"] is True
    assert told["trail"]["reference"] == "HS-1001"


@ON_ONE_KIND
def test_the_jobs_stop_promptly_when_they_are_told_to(here: Here, shop: Path) -> None:
    with subprocess.Popen(
        [PROGRAM, "jobs", "run", "--every", "3600", "--json"],
        env=environment(here.url, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert [one["program"] for one in first["programs"]] == ["roses"]
        process.send_signal(signal.SIGTERM)
        rest, said = process.communicate(timeout=20)
    assert (process.returncode, rest, said) == (0, "", "")


def test_jobs_without_a_program_say_so(here: Here) -> None:
    assert (
        here("jobs", "run", "--once").out
        == "There is no program yet: apply a program file first.\n"
    )
    assert here.data("jobs", "run", "--once") == {"programs": []}


# Faults.


def test_verify_ends_with_one_when_the_books_are_broken(
    here: Here, engine: Engine, tmp_path: Path
) -> None:
    shop = Shop(engine, tmp_path)
    shop.take("S1,2024-01-05,ann,ROSE,1,10.00")
    with database.transaction(engine) as session:
        session.execute(text("update accounts set balance_minor = 99 where role = 'accrued'"))
    ran = here("ledger", "verify")
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == "books: BROKEN"
    told = here("ledger", "verify", "--program", "roses", "--json")
    assert (told.code, told.data["balanced"]) == (1, False)
    assert told.data["findings"][0]["detail"]


def test_check_finds_a_guard_that_is_gone_and_a_column_that_is_missing(
    here: Here, engine: Engine
) -> None:
    assert here("db", "check").code == 0
    on = " on transfers" if engine.dialect.name == "postgresql" else ""
    with engine.begin() as connection:
        names = connection.scalars(
            text(
                "select tgname from pg_trigger where tgrelid = 'transfers'::regclass"
                " and not tgisinternal"
                if on
                else "select name from sqlite_master where type='trigger' and tbl_name='transfers'"
            )
        ).all()
        assert len(names) >= 2
        for name in names:
            connection.exec_driver_sql(f"drop trigger {name}{on}")
        connection.exec_driver_sql("alter table partners drop column phone")
    ran = here("db", "check", "--json")
    assert ran.code == 1
    faults = "\n".join(ran.data["faults"])
    assert "table transfers has lost its append-only trigger" in faults
    assert "phone" in faults
    assert here("db", "check").out.startswith("The database isn't what the code expects:\n")
