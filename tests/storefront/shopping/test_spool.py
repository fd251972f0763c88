"""Clicks wait in files: nothing answered is lost, nothing is doubled, and there is a bound."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from commissions import partners, programs
from commissions.clicks import Visit
from commissions.models import TouchRecord
from storefront import database
from storefront.spool import lines, loading
from storefront.spool.segments import Spool, SpoolRefused
from tests.storefront.web import CODE

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ENOUGH = 1024 * 1024


class Shop(NamedTuple):
    """A database, and whose clicks come."""

    engine: Engine
    program_id: int
    partner_id: int

    def visits(self, count: int) -> list[Visit]:
        """Make visits of as many people, a second apart."""
        return [
            Visit(self.partner_id, NOON + timedelta(seconds=n), visitor=f"visitor {n}")
            for n in range(count)
        ]

    def write(self, visits: Sequence[Visit]) -> list[bytes]:
        """Return the lines of visits."""
        return [lines.write(self.program_id, visit) for visit in visits]

    def stored(self) -> list[str]:
        """Return the keys of what is in the database."""
        with Session(self.engine) as session:
            return [*session.scalars(select(TouchRecord.key).order_by(TouchRecord.key))]


@pytest.fixture
def shop(shop_engine: Engine) -> Shop:
    with Session(shop_engine) as session:
        program = programs.find(session, CODE)
        return Shop(shop_engine, program.id, partners.find(session, program, "linh").id)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def make_spool(folder: Path, **changes: int) -> Spool:
    """Return a spool as a process has one."""
    return Spool(folder, **{"most_bytes": ENOUGH, "segment_bytes": 4096} | changes)


def fill(spool: Spool, written: Sequence[bytes]) -> None:
    """Spool lines."""
    for line in written:
        spool.append(line)


def die(spool: Spool) -> None:
    """Let go of everything as a killed process does: its files lose their locks."""
    for segment in spool.own():
        os.close(segment.file)


def keys(visits: Sequence[Visit]) -> list[str]:
    return sorted(visit.key for visit in visits)


@pytest.mark.parametrize(
    "visit",
    [
        Visit(7, NOON),
        Visit(7, NOON + timedelta(microseconds=1), "shop_page", 3, "v", "k", "bot"),
        Visit(7, NOON, visitor='a "b"\n\u2028 ü'),
    ],
)
def test_a_line_says_what_was_written(visit: Visit) -> None:
    line = lines.write(1, visit)
    assert line.count(b"\n") == 1
    assert lines.read(line[:-1]) == (1, visit)


def test_a_changed_line_is_found_out() -> None:
    line = lines.write(1, Visit(7, NOON))[:-1]
    for place in range(len(line)):
        changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
        with pytest.raises(lines.Damaged):
            lines.read(changed)
    for length in range(len(line)):
        with pytest.raises(lines.Damaged):
            lines.read(line[:length])


def test_what_is_spooled_is_loaded_once_and_its_files_go(shop: Shop, folder: Path) -> None:
    spool, visits = make_spool(folder), shop.visits(100)
    fill(spool, shop.write(visits))
    assert spool.count() > 1, "a segment that is full makes room for the next"
    assert loading.load(shop.engine, spool) == 100
    assert loading.load(shop.engine, spool) == 0
    assert shop.stored() == keys(visits)
    assert (spool.count(), spool.waiting_bytes()) == (0, 0)
    fill(spool, shop.write(shop.visits(1)))
    assert loading.load(shop.engine, spool) == 1


def test_what_comes_while_a_segment_is_loaded_waits_for_the_next_round(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, (first, second) = make_spool(folder), shop.visits(2)
    fill(spool, shop.write([first]))
    record = loading._record  # noqa: SLF001  # what a batch is recorded by

    def meanwhile(engine: Engine, batch: Sequence[bytes]) -> object:
        fill(spool, shop.write([second]))
        return record(engine, batch)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "_record", meanwhile)
        assert loading.load(shop.engine, spool) == 1
    assert loading.load(shop.engine, spool) == 1
    assert shop.stored() == keys([first, second])


def test_a_dead_processes_clicks_are_adopted_and_a_living_ones_let_be(
    shop: Shop, folder: Path
) -> None:
    visits = shop.visits(30)
    dead, living, next_one = (make_spool(folder) for _ in range(3))
    fill(dead, shop.write(visits[:10]))
    fill(living, shop.write(visits[10:20]))
    fill(next_one, shop.write(visits[20:]))
    die(dead)
    assert loading.load(shop.engine, next_one) == 20
    assert next_one.figures.adopted == 1
    assert shop.stored() == keys(visits[:10] + visits[20:])
    assert loading.load(shop.engine, living) == 10
    assert shop.stored() == keys(visits)


def test_a_torn_last_line_is_no_click(shop: Shop, folder: Path) -> None:
    visits = shop.visits(3)
    written = shop.write(visits)
    folder.mkdir()
    (folder / "1-dead-000001.clicks").write_bytes(b"".join(written[:2]) + written[2][:-1])
    (folder / "1-dead-000002.clicks").write_bytes(b"")
    spool = make_spool(folder)
    assert loading.load(shop.engine, spool) == 2
    assert (spool.figures.torn, spool.count()) == (1, 0)
    assert shop.stored() == keys(visits[:2])


def test_a_segment_that_was_loaded_before_its_process_died_doubles_nothing(
    shop: Shop, folder: Path
) -> None:
    spool, visits = make_spool(folder, segment_bytes=ENOUGH), shop.visits(50)
    fill(spool, shop.write(visits))
    (path,) = folder.glob("*.clicks")
    shutil.copy(path, folder / "1-dead-000001.clicks")
    assert loading.load(shop.engine, spool) == 100
    assert shop.stored() == keys(visits)


def test_what_can_not_be_loaded_is_set_aside_and_stops_nothing(shop: Shop, folder: Path) -> None:
    good, also_good = shop.visits(2)
    written = [
        lines.write(shop.program_id, good),
        b"rubbish\n",
        lines.write(shop.program_id, Visit(999, NOON)),
        lines.write(999, Visit(shop.partner_id, NOON)),
        lines.write(shop.program_id, Visit(shop.partner_id, NOON, link_id=999)),
        lines.write(shop.program_id, Visit(shop.partner_id, NOON, visitor="\x00")),
        lines.write(shop.program_id, also_good),
    ]
    folder.mkdir()
    (folder / "1-dead-000001.clicks").write_bytes(b"".join(written))
    spool = make_spool(folder)
    loading.load(shop.engine, spool)
    assert {*keys([good, also_good])} <= {*shop.stored()}
    kept = (folder / "set-aside.txt").read_bytes().splitlines(keepends=True)
    assert [*kept[:3]] == written[1:4]
    assert written[4] in kept
    assert spool.figures.set_aside == len(kept)
    assert spool.count() == 0


def test_a_full_spool_refuses_until_it_is_loaded(shop: Shop, folder: Path) -> None:
    spool = make_spool(folder, most_bytes=1_000, segment_bytes=500)
    written = shop.write(shop.visits(100))
    with pytest.raises(SpoolRefused, match="the spool is full"):
        fill(spool, written)
    assert 0 < spool.waiting_bytes() <= 1_000 + len(written[0])
    assert (spool.figures.full, spool.figures.refused) == (1, 1)
    assert loading.load(shop.engine, spool) == spool.figures.spooled
    spool.append(written[-1])


def test_a_folder_that_can_not_be_written_refuses(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spool = make_spool(tmp_path / "file" / "spool")
    with pytest.raises(SpoolRefused, match="Not a directory"):
        fill(spool, shop.write(shop.visits(1)))
    assert loading.load(shop.engine, spool) == 0


def test_a_line_that_is_written_in_part_is_refused_and_ends_its_segment(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, visits = make_spool(folder), shop.visits(3)
    first, torn, last = shop.write(visits)
    spool.append(first)
    with monkeypatch.context() as patch:
        write = os.write
        patch.setattr(os, "write", lambda file, line: write(file, line[:20]))
        with pytest.raises(SpoolRefused, match="no room"):
            spool.append(torn)
    spool.append(last)
    assert loading.load(shop.engine, spool) == 2
    assert shop.stored() == keys([visits[0], visits[2]])


def test_clicks_wait_while_the_database_is_away(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = shop.visits(10)
    dead, spool = make_spool(folder), make_spool(folder)
    fill(dead, shop.write(visits[:5]))
    fill(spool, shop.write(visits[5:]))
    die(dead)

    def away(_engine: Engine) -> None:
        raise OperationalError("select 1", {}, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(database, "transaction", away)
        for _ in range(2):
            with pytest.raises(OperationalError):
                loading.load(shop.engine, spool)
    assert shop.stored() == []
    assert loading.load(shop.engine, spool) == 10
    assert shop.stored() == keys(visits)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_forked_process_has_a_spool_of_its_own(shop: Shop, folder: Path) -> None:
    spool, (mine, its) = make_spool(folder), shop.visits(2)
    fill(spool, shop.write([mine]))
    child = os.fork()
    if child == 0:
        fill(spool, shop.write([its]))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert spool.count() == 2
    assert loading.load(shop.engine, spool) == 2
    assert spool.figures.adopted == 1
    with Session(shop.engine) as session:
        assert session.scalar(select(func.count(TouchRecord.id))) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_thread_beside_a_process_loads_by_itself(shop: Shop, folder: Path) -> None:
    spool = make_spool(folder)
    retired = spool.retire
    done = threading.Event()

    def tell(segment: object) -> None:
        retired(segment)  # type: ignore[arg-type]
        done.set()

    spool.retire = tell  # type: ignore[method-assign]
    fill(spool, shop.write(shop.visits(3)))
    loading.begin(shop.engine, spool, every_s=0.01)
    assert done.wait(30)
    assert len(shop.stored()) == 3
