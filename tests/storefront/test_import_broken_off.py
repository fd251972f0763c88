"""An import that is killed at any of its commits, and run again, comes to the same."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from commissions import ledger
from storefront import database
from tests.databases import Databases
from tests.storefront.mortal_import import DIED, Task, mortal_imports
from tests.storefront.plain_books import Books, plain_books
from tests.storefront.shop import Shop

pytestmark = pytest.mark.slow

ROWS = (
    "S1,2024-01-05,ann,ROSE,10,1.00",
    "S2,2024-01-06,bob,ROSE,5,1.11",
    "C1,2024-01-07,ann,ROSE,-3,1.00",
    "A1,2024-01-07,ann,ROSE,1,-9.00",
    "S3,2024-01-08,ann,LILY,2,3.33",
    "S1,2024-01-09,ann,TULIP,4,0.99",
    "C2,2024-01-10,ann,ROSE,-9,1.00",
    "S4,2024-02-10,bob,ROSE,1,1.00",
    "C3,2024-02-11,ann,LILY,-1,3.33",
    "C3,2024-02-11,ann,ROSE,-1,1.00",
    "S5,2024-02-11,ann,ROSE,1,0.001",
    "C4,2024-02-12,,ROSE,-7,1.00",
    "S6,2024-02-13,ann,ROSE,1,1.00",
)
REJECTS = (
    "row,reason,left_over_quantity\n5,adjustment,\n8,unmatched return,2\n"
    "11,unmatched return,1\n12,rounds to nothing,\n13,unmatched return,7\n"
)


class Trial:
    """A database and a folder, with the orders in it."""

    def __init__(self, url: str, folder: Path) -> None:
        """Make the program and write the orders; close every connection."""
        folder.mkdir()
        self.url = url
        self.folder = folder
        engine = database.make_engine(url)
        shop = Shop(engine, folder)
        shop.write(*ROWS)
        (folder / "referrals.csv").write_text(
            "customer_id,partner_code\nann,mai\n", encoding="utf-8"
        )
        engine.dispose()

    def task(self, *, dies_at: int | None = None) -> Task:
        """Return the import, mortal or not."""
        return Task(self.url, str(self.folder), dies_at)

    def books(self) -> Books:
        """Return all that is booked; the books hold."""
        engine = database.make_engine(self.url)
        with database.transaction(engine) as session:
            assert ledger.verify(session).balanced
            books = plain_books(session)
        engine.dispose()
        return books

    def rejects(self) -> str:
        """Return the rejects file."""
        return (self.folder / "rejects.csv").read_text(encoding="utf-8")


def test_an_import_killed_at_any_commit_goes_on_to_the_same_books_and_rejects(
    databases: Databases, tmp_path: Path
) -> None:
    urls = [databases.fresh()]
    unbroken = Trial(urls[0], tmp_path / "unbroken")
    with mortal_imports() as run:
        assert run(unbroken.task()) == 0
        expected = unbroken.books()
        assert unbroken.rejects() == REJECTS
        for commit in count(1):
            urls.append(databases.fresh())
            broken = Trial(urls[-1], tmp_path / f"at-{commit}")
            code = run(broken.task(dies_at=commit))
            if code == 0:
                break
            assert code == DIED
            assert run(broken.task()) == 0
            assert (broken.books(), broken.rejects()) == (expected, REJECTS), commit
    assert commit > 10
    for url in urls:
        databases.drop(url)


def test_an_import_killed_again_and_again_arrives(databases: Databases, tmp_path: Path) -> None:
    trials = [Trial(databases.fresh(), tmp_path / name) for name in ("unbroken", "broken")]
    unbroken, broken = trials
    with mortal_imports() as run:
        assert run(unbroken.task()) == 0
        deaths = 0
        # Each attempt has to get over its preparations, and books one batch more.
        while run(broken.task(dies_at=6)) == DIED:
            deaths += 1
            assert deaths < 100
    assert deaths > 2
    assert broken.books() == unbroken.books()
    assert broken.rejects() == unbroken.rejects() == REJECTS
    for trial in trials:
        databases.drop(trial.url)
