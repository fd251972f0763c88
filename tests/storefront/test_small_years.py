"""Made-up years that are full of edges: the import agrees with the oracle of the retail case."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from commissions import approval, ledger, programs, statements
from commissions.periods import parse_month
from storefront import database, months
from storefront.intake import importing, mapping_file, program_apply, program_file
from storefront.intake.importing import ImportRequest
from tests import retail_oracle
from tests.databases import Databases
from tests.factories import at
from tests.retail_oracle import Oracle, RejectRow, StatementRow

pytestmark = pytest.mark.slow

RETAIL = Path(__file__).parents[1] / "data" / "retail"
HEADER = "invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country"
PARTNERS = """\
code,name,handle,kind,sponsor_code,country
D1,Dan,dan,distributor,,GB
K1,Kim,kim,koc,D1,GB
K2,Kay,kay,koc,D1,GB
K3,Ken,ken,koc,,GB
"""
REFERRALS = "customer_id,partner_code\n1,K1\n2,K2\n3,K3\n4,D1\n"
# Ends of months and of summer time, and instants that lie a hold of thirty days apart.
TIMES = [
    *("2009-12-01 00:00:00", "2009-12-31 23:59:59", "2010-01-01 00:00:00", "2010-02-28 12:00:00"),
    *("2010-03-01 00:00:00", "2010-03-27 12:00:00", "2010-03-28 01:30:00", "2010-03-30 12:00:00"),
    *("2010-04-26 12:00:00", "2010-04-26 13:00:00", "2010-04-26 13:00:01", "2010-05-31 23:30:00"),
    *("2010-06-30 22:30:00", "2010-06-30 22:29:59", "2010-10-31 00:30:00", "2010-10-31 01:30:00"),
    *("2010-11-30 00:30:00", "2010-11-30 23:59:59", "2010-12-01 00:00:00", "2010-12-09 20:01:00"),
]
NUMBERS = count(1)

SALES = st.tuples(
    st.sampled_from([f"5{number:02}" for number in range(12)]),
    st.sampled_from(["84001", "85123A", "85123a", "22111", "POST", "9"]),
    st.sampled_from([1, 2, 3, 7, 100, 5_000, 0, -1]),
    st.sampled_from(TIMES),
    st.sampled_from(["0.42", "2.95", "13.335", "399.99", "0.005", "0", "-1"]),
    st.sampled_from(["1", "1", "2", "3", "4", "5", ""]),
)
RETURNS = st.tuples(
    st.sampled_from(["C1", "C2", "C3", "C4", "C5", "A6"]),
    st.sampled_from(["84001", "85123A", "85123a", "22111", "POST", "9"]),
    st.sampled_from([-1, -2, -50, -4_000, 0, 1]),
    st.sampled_from(TIMES),
    st.sampled_from(["0.42", "13.335", "0.001"]),
    st.sampled_from(["1", "1", "2", "3", "4", "5", ""]),
)
YEARS = st.lists(st.one_of(SALES, SALES, RETURNS), min_size=10, max_size=60)
Row = tuple[str, str, int, str, str, str]


class SmallYear:
    """A folder with the files of a small year, and a program for it."""

    def __init__(self, engine: Engine, folder: Path, rows: Sequence[Row]) -> None:
        """Write the files and make the program."""
        self.engine = engine
        self.folder = folder
        self.code = f"retail-{next(NUMBERS)}"
        self.orders = folder / "online-retail-2009-2010.csv.gz"
        self.partners = folder / "online-retail-partners.csv"
        self.referrals = folder / "online-retail-referrals.csv"
        lines = [f"{i},{c},made up,{n},{when},{p},{who},GB" for i, c, n, when, p, who in rows]
        self.orders.write_bytes(gzip.compress("\n".join([HEADER, *lines]).encode()))
        self.partners.write_text(PARTNERS, encoding="utf-8")
        self.referrals.write_text(REFERRALS, encoding="utf-8")
        read = program_file.read(RETAIL / "program.toml", partners=self.partners)
        with database.transaction(engine) as session:
            program_apply.apply(session, replace(read, terms=replace(read.terms, code=self.code)))

    def play(self, *, batch: int) -> None:
        """Import, close the months and release, as the retail case does."""
        mapping = mapping_file.read(RETAIL / "mapping.toml")
        request = ImportRequest(self.orders, mapping, self.referrals, batch=batch)
        importing.run(self.engine, self.code, request, actor="import")
        importing.write_rejects(self.engine, self.code, request, self.folder / "rejects.csv")
        last, now = parse_month("2010-11"), at("2011-01-01")
        months.close_through(self.engine, self.code, last, now=now, actor="finance")
        with database.transaction(self.engine) as session:
            program = programs.find(session, self.code)
            approval.release(session, program, at=retail_oracle.AS_OF, actor="finance")
            assert ledger.verify(session, program).balanced

    def statements(self) -> list[StatementRow]:
        """Return what each partner earned in each month."""
        with database.transaction(self.engine) as session:
            program = programs.find(session, self.code)
            found = statements.by_partner_and_month(session, program)
            return [(*row[:2], *row[2:]) for row in found]

    def rejects(self) -> list[RejectRow]:
        """Return what the rejects file says."""
        with (self.folder / "rejects.csv").open(encoding="utf-8", newline="") as stream:
            _, *rows = csv.reader(stream)
        return [(int(number), reason, int(left) if left else None) for number, reason, left in rows]

    def balances(self, role: str) -> dict[str, int]:
        """Return what each partner has in the accounts of a role."""
        with database.transaction(self.engine) as session:
            program = programs.find(session, self.code)
            partners = dict.fromkeys(("D1", "K1", "K2", "K3"), 0)
            return partners | {
                row.partner_code: row.balance_minor
                for row in ledger.balances(session, program)
                if row.role == role and row.partner_code
            }


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One database for all examples, each a program of its own."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.fresh()
    engine = database.make_engine(url)
    yield engine
    engine.dispose()
    databases.drop(url)


@settings(max_examples=15)
@given(rows=YEARS, batch=st.sampled_from([1, 2, 5, 1_000]))
def test_any_year_comes_to_what_its_rules_say(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, rows: list[Row], batch: int
) -> None:
    folder = tmp_path_factory.mktemp("year")
    year = SmallYear(engine, folder, rows)
    oracle: Oracle = retail_oracle.compute(folder)
    year.play(batch=batch)
    assert year.rejects() == oracle.rejects
    assert year.statements() == oracle.statements
    assert year.balances("payable") == oracle.payable
    assert year.balances("accrued") == oracle.accrued
