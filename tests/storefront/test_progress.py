"""Long work tells how far it is: on standard error for people, not at all for programs."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine

from commissions.progress import counted
from tests.storefront.running import PROGRAM, Here, environment
from tests.storefront.shop import Shop

COMMANDS = {
    "verifying": ("ledger", "verify"),
    "writing roses": ("ledger", "export", "--format", "beancount", "--out", "{folder}/out"),
    "writing roses again": ("ledger", "export", "--format", "hledger", "--out", "-"),
    "adding up months": ("statements", "export", "--program", "roses", "--out", "{folder}/out"),
    "releasing": ("holds", "release", "--program", "roses", "--at", "2024-03-10T00:00:00Z"),
}
ON_ONE_KIND = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def here(engine: Engine, database_url: str, tmp_path: Path) -> Here:
    """The command line on a shop with two orders in two months, one of them sealed."""
    shop = Shop(engine, tmp_path)
    shop.take("S1,2024-01-05,ann,ROSE,1,10.00", "S2,2024-02-05,ann,ROSE,1,10.00")
    shop.close("2024-01")
    return Here(database_url)


def filled(command: tuple[str, ...], folder: Path) -> list[str]:
    """Return a command with its folder."""
    return [part.format(folder=folder) for part in command]


@ON_ONE_KIND
@pytest.mark.parametrize("phase", COMMANDS)
def test_without_a_terminal_the_end_of_each_phase_is_a_plain_line_beside_the_result(
    here: Here, tmp_path: Path, phase: str
) -> None:
    ran = here(*filled(COMMANDS[phase], tmp_path))
    assert ran.code == 0
    assert re.fullmatch(
        rf"{phase.removesuffix(' again')}: (\d+) of \1, [\d,]+/s(, 0 s left)?\n", ran.err
    )
    assert "/s" not in ran.out
    assert ran.out


@pytest.mark.parametrize("phase", [phase for phase in COMMANDS if not phase.endswith("again")])
def test_programs_get_one_json_object_and_silence(here: Here, tmp_path: Path, phase: str) -> None:
    told = here.data(*filled(COMMANDS[phase], tmp_path))
    assert isinstance(told, dict)


@ON_ONE_KIND
def test_verification_counts_its_checks_and_the_sealed_months(here: Here) -> None:
    before = re.findall(r"verifying: (\d+) of", here("ledger", "verify").err)
    here("periods", "close", "--program", "roses", "--through", "2024-02")
    after = re.findall(r"verifying: (\d+) of", here("ledger", "verify").err)
    assert int(after[-1]) == int(before[-1]) + 1


@ON_ONE_KIND
def test_a_bar_on_the_terminal_leaves_standard_output_to_the_books(here: Here) -> None:
    command = COMMANDS["writing roses again"]
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(
        [PROGRAM, *command],
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
        written = process.stdout.read().decode()
    os.close(ours)
    assert process.returncode == 0
    assert "writing roses" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "━".encode() in shown
    assert written == here(*command).out
    assert written.startswith("decimal-mark .\n")


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, [0]), (1, [1]), (1_000, [1_000]), (2_001, [1_000, 2_000, 2_001])],
)
def test_rows_are_told_after_every_thousand_and_after_the_last(count: int, told: list[int]) -> None:
    found: list[tuple[str, int, int | None]] = []
    rows = counted(range(count), "rows", lambda *how_far: found.append(how_far), total=count)
    assert [*rows] == [*range(count)]
    assert found == [("rows", done, count) for done in told]
