"""A real year of a real shop, by the commands of the README, to the penny."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Posting, Transaction
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from commissions.exports import account_name
from commissions.models import (
    Commission,
    Conversion,
    RefundLineRecord,
    RefundRecord,
    SaleLineRecord,
    SaleRecord,
    Transfer,
)
from storefront import database
from tests import retail_oracle
from tests.commissions.bookreading import digest
from tests.missing import missing
from tests.retail_oracle import Oracle
from tests.storefront import running
from tests.storefront.running import Ran

pytestmark = pytest.mark.slow

RETAIL = Path(__file__).parents[1] / "data" / "retail"
MOST_MB = 400
OWED = {"accrued", "payable", "in_payout"}
REVERSALS = text(
    "select o.kind, sum(-c.amount_minor) from commissions c"
    " join commissions o on o.id = c.original_id group by o.kind"
)
TAKEN_FROM = text(
    "select a.role, sum(t.amount_minor), count(*) from transfers t"
    " join accounts a on a.id = t.debit_account_id where t.code = 'clawback' group by a.role"
)
BALANCES = text("select role, sum(balance_minor) from accounts group by role")
MATCHED_ROWS = select(RefundLineRecord.refund_id, RefundLineRecord.document_line).distinct()


class Year:
    """The retail case on one database, in a folder of its own."""

    def __init__(self, url: str, data: Path, folder: Path) -> None:
        """Know where everything is; nothing has run yet."""
        self.url = url
        self.data = data
        self.folder = folder
        self.engine = database.make_engine(url)

    def run(self, *arguments: str | Path) -> Ran:
        """Run a command that has to do well."""
        ran = running.run(self.url, *arguments, folder=self.folder)
        assert ran.code == 0, ran
        return ran

    def set_up(self) -> None:
        """Bring up the database, and apply the program and its partners."""
        self.run("db", "upgrade")
        partners = self.data / "online-retail-partners.csv"
        self.run("program", "apply", RETAIL / "program.toml", "--partners", partners, "--yes")

    def import_orders(self, rejects: str) -> tuple[Ran, float]:
        """Import the orders of the year; return the peak of memory, too."""
        ran, peak_mb = running.run_measured(
            self.url,
            *("sales", "import", "--program", "retail", "--mapping", RETAIL / "mapping.toml"),
            *("--referrals", self.data / "online-retail-referrals.csv", "--rejects", rejects),
            *(self.data / "online-retail-2009-2010.csv.gz", "--json"),
            folder=self.folder,
        )
        assert ran.code == 0, ran
        return ran, peak_mb

    def finish(self) -> None:
        """Close the months, release what is due, and write the statements."""
        self.run("periods", "close", "--program", "retail", "--through", "2010-11")
        self.run("holds", "release", "--program", "retail", "--at", "2010-12-31T00:00:00Z")
        self.run(
            *("statements", "export", "--program", "retail", "--by", "partner,month"),
            *("--format", "csv", "--out", "statements.csv"),
        )

    def table(self, name: str) -> list[dict[str, str]]:
        """Return a CSV file that was written."""
        with (self.folder / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def digest(self) -> object:
        """Return all that another run must leave as it is."""
        with database.transaction(self.engine) as session:
            return digest(session)


@pytest.fixture
def year(empty_database_url: str, data_dir: Path, tmp_path: Path) -> Iterator[Year]:
    """The retail case on an empty database of each kind."""
    year = Year(empty_database_url, data_dir, tmp_path)
    yield year
    year.engine.dispose()


def test_the_retail_year_comes_to_its_totals_to_the_penny(
    year: Year, oracle: Oracle, capsys: pytest.CaptureFixture[str]
) -> None:
    year.set_up()
    begun = time.monotonic()
    _, peak_mb = year.import_orders("rejects.csv")
    took_s = time.monotonic() - begun
    with capsys.disabled():
        print(f"\nimport on {year.engine.dialect.name}: {took_s:.0f} s, {peak_mb:.0f} MB")  # noqa: T201  # reason: a figure to see, not to judge
    assert peak_mb <= MOST_MB
    year.finish()

    expected = json.loads((year.data / "online-retail-expected.json").read_bytes())
    assert totals_of(year) == expected == oracle.totals
    assert_same_files(year, oracle)
    assert_same_balances(year, oracle)
    assert json.loads(year.run("ledger", "verify", "--json").out)["balanced"]
    assert_a_second_import_changes_nothing(year)
    assert_others_verify_the_books(year)


def assert_same_files(year: Year, oracle: Oracle) -> None:
    """Compare both files with the oracle's, byte by byte."""
    theirs = year.folder / "oracle"
    tables = (
        ("statements.csv", retail_oracle.STATEMENTS, oracle.statements),
        ("rejects.csv", retail_oracle.REJECTS, oracle.rejects),
    )
    for name, header, rows in tables:
        retail_oracle.write_table(theirs / name, header, rows)
        ours, expected = (year.folder / name).read_bytes(), (theirs / name).read_bytes()
        # Only what differs is shown: the difference of whole files takes minutes to draw.
        assert [*({*ours.splitlines()} ^ {*expected.splitlines()})][:10] == []
        same = ours == expected
        assert same


def assert_same_balances(year: Year, oracle: Oracle) -> None:
    """Compare what each partner is owed, on hold and ready."""
    listed = json.loads(year.run("ledger", "balance", "--program", "retail", "--json").out)
    for role, expected in (("payable", oracle.payable), ("accrued", oracle.accrued)):
        ours = {
            row["partner_code"]: row["balance_minor"]
            for row in listed["accounts"]
            if row["role"] == role and row["balance_minor"]
        }
        assert ours == {code: amount for code, amount in expected.items() if amount}


def assert_a_second_import_changes_nothing(year: Year) -> None:
    """Import the same file again, although its months are sealed by now."""
    before = year.digest()
    again, _ = year.import_orders("rejects-again.csv")
    said = json.loads(again.out)
    assert (said["sales_new"], said["returns_new"]) == (0, 0)
    same_books = before == year.digest()
    assert same_books
    first, second = (year.folder / name for name in ("rejects.csv", "rejects-again.csv"))
    same_rejects = first.read_bytes() == second.read_bytes()
    assert same_rejects


def assert_others_verify_the_books(year: Year) -> None:
    """Have beancount and hledger check the year, and find our balance in every account."""
    if shutil.which("hledger") is None:
        missing("hledger (apt-get install hledger)")
    listed = json.loads(year.run("ledger", "balance", "--program", "retail", "--json").out)
    ours = {
        account_name("retail", row["role"], partner_code=row["partner_code"]): (
            -row["balance_minor"] if row["role"] in OWED else row["balance_minor"]
        )
        for row in listed["accounts"]
    }
    checkers: tuple[tuple[str, Callable[[Path], dict[str, int]]], ...] = (
        ("beancount", beancount_sums),
        ("hledger", hledger_sums),
    )
    for name, sums in checkers:
        file = year.folder / f"books.{name}"
        year.run("ledger", "export", "--format", name, "--out", file)
        assert sums(file).items() ^ ours.items() == set()


def beancount_sums(file: Path) -> dict[str, int]:
    """Have bean-check take a file; return the balances that its transactions make."""
    program = Path(sys.executable).with_name("bean-check")
    ran = subprocess.run([program, file], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    entries, errors, _ = loader.load_file(str(file))  # from what bean-check left in its cache
    assert not errors
    sums: Counter[str] = Counter()
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                sums[posting.account] += int(number_of(posting).scaleb(2))
    return sums


def number_of(posting: Posting) -> Decimal:
    assert posting.units is not None
    assert isinstance(posting.units.number, Decimal)
    return posting.units.number


def hledger_sums(file: Path) -> dict[str, int]:
    """Have hledger check a file; return the balances that it finds."""
    hledger(file, "check")
    said = hledger(file, "balance", "--flat", "-E", "--no-total", "-O", "csv")
    rows = csv.DictReader(io.StringIO(said))
    return {row["account"]: int(Decimal(row["balance"].split()[0]).scaleb(2)) for row in rows}


def hledger(file: Path, *arguments: str) -> str:
    ran = subprocess.run(
        [shutil.which("hledger") or "", "-f", file, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def totals_of(year: Year) -> dict[str, object]:
    """Return what the expected file says, from the database, the statements and the rejects."""
    with database.transaction(year.engine) as session:
        return {
            **of_sales(session),
            **of_returns(session),
            **of_ledger(session),
            **of_statements(year.table("statements.csv")),
            **of_rejects(year.table("rejects.csv")),
        }


def of_sales(session: Session) -> dict[str, object]:
    lines, amount, refunded = session.execute(
        select(
            func.count(),
            func.sum(SaleLineRecord.amount_minor),
            func.sum(SaleLineRecord.refunded_base_minor),
        )
    ).one()
    return {
        "rows": session.scalar(text("select sum(staged_rows) from import_runs")),
        "sales": count(session, SaleRecord),
        "attributed_sales": count(session, Conversion),
        "sales_lines_accepted": lines,
        "sales_amount_minor": amount,
        "refunded_base_minor": refunded,
    }


def of_returns(session: Session) -> dict[str, object]:
    taken = {role: (int(amount), many) for role, amount, many in session.execute(TAKEN_FROM)}
    reversed_ = {kind: int(amount) for kind, amount in session.execute(REVERSALS)}
    return {
        "returns": count(session, RefundRecord),
        "return_rows_matched": session.scalar(
            select(func.count()).select_from(MATCHED_ROWS.subquery())
        ),
        "return_quantity_matched": session.scalar(select(func.sum(RefundLineRecord.quantity))),
        "reversal_transfers": sum(many for _, many in taken.values()),
        "reversed_from_accrued_minor": taken["accrued"][0],
        "reversed_from_payable_minor": taken["payable"][0],
        "reversed_sale_minor": reversed_["sale"],
        "reversed_override_minor": reversed_["override"],
    }


def of_ledger(session: Session) -> dict[str, object]:
    balances = {role: amount for role, amount in session.execute(BALANCES)}
    codes: dict[str, int] = {
        code: many
        for code, many in session.execute(
            select(Transfer.code, func.count()).group_by(Transfer.code)
        )
    }
    return {
        "transfers": codes["accrual"] + codes["override"],
        "bonus_months_partners": session.scalar(
            select(func.count())
            .select_from(Commission)
            .where(Commission.kind == "bonus", Commission.amount_minor > 0)
        ),
        "accrued_total_minor": int(balances["accrued"]),
        "payable_total_minor": int(balances["payable"]),
    }


def of_statements(rows: list[dict[str, str]]) -> dict[str, object]:
    columns = {
        "commission_sale_minor": "sale_minor",
        "commission_override_minor": "override_minor",
        "bonus_minor": "bonus_minor",
        "net_minor": "net_minor",
    }
    return {key: sum(int(row[column]) for row in rows) for key, column in columns.items()}


def of_rejects(rows: list[dict[str, str]]) -> dict[str, object]:
    left = [row["left_over_quantity"] for row in rows if row["reason"] == "unmatched return"]
    reasons = Counter(row["reason"] for row in rows if row["reason"] != "unmatched return")
    return {
        "rejected_total": reasons.total(),
        "rejected_by_reason": dict(reasons),
        "unmatched_return_rows": len(left),
        "unmatched_return_quantity": sum(map(int, left)),
    }


def count(session: Session, table: type[SaleRecord | Conversion | RefundRecord]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
