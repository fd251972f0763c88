"""A made-up shop whose order exports are imported: a test writes rows, and reads what was booked.

Ten percent on everything, in euros, months in UTC, a hold of thirty days; Ann was brought by
Mai, whose sponsor is Lan.
"""

# ruff: noqa: ANN401 -- what is changed is whatever the mapping or the request has
from __future__ import annotations

import gzip
from collections.abc import Mapping as Table
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from commissions import approval, ledger, programs
from commissions.periods import parse_month
from commissions.progress import Advance, untold
from commissions.rules import Plan
from storefront import database, months
from storefront.intake import importing
from storefront.intake.importing import ImportRequest, ImportSummary
from storefront.intake.rows import Columns, Mapping
from tests.factories import at, make_partner, make_plan, make_program
from tests.storefront.plain_books import Books, plain_books

WRITTEN = """\
[file]
time_zone = "UTC"
currency = "EUR"
[columns]
reference = "invoice"
occurred_at = "at"
stock_code = "code"
quantity = "pieces"
unit_price = "price"
buyer = "buyer"
"""
"""A mapping file of the columns that HEADER names."""
HEADER = "invoice,at,buyer,code,pieces,price"
COLUMNS = Columns("invoice", "at", "code", "pieces", unit_price="price", buyer="buyer")
MAPPING = Mapping(
    COLUMNS,
    time_zone="UTC",
    currency="EUR",
    return_prefixes=("C",),
    ignored=(("A", "adjustment"),),
)
BROUGHT = {"ann": "mai"}
SALES = text(
    "select s.reference, s.paid_at, coalesce(s.buyer_account, ''), s.amount_minor from sales s"
    " join programs p on p.id = s.program_id where p.code = :code order by s.id"
)
LINES = text(
    "select l.stock_code, l.line_no, l.quantity, l.amount_minor, l.category from sale_lines l"
    " join sales s on s.id = l.sale_id join programs p on p.id = s.program_id"
    " where p.code = :code and s.reference = :reference order by l.line_no"
)
RETURNS = text(
    "select r.reference, l.document_line, s.reference, l.line_no, l.quantity from refund_lines l"
    " join refunds r on r.id = l.refund_id join sales s on s.id = l.sale_id"
    " join programs p on p.id = s.program_id where p.code = :code order by l.id"
)
TRANSFERS = text(
    "select t.code, t.amount_minor, a.role from transfers t"
    " join accounts a on a.id = t.debit_account_id join programs p on p.id = t.program_id"
    " where p.code = :code order by t.id"
)
RUNS = text(
    "select r.state from import_runs r join programs p on p.id = r.program_id"
    " where p.code = :code order by r.id"
)


class Shop:
    """A program with its own folder of exports."""

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        *,
        code: str = "roses",
        plan: Plan | None = None,
        **terms: Any,
    ) -> None:
        """Make the program and its partners."""
        self.engine = engine
        self.folder = folder
        self.code = code
        self.request = ImportRequest(folder / "orders.csv", MAPPING)
        with database.transaction(engine) as session:
            program = make_program(session, plan or make_plan(), code=code, **terms)
            make_partner(session, program, "lan", kind="distributor")
            make_partner(session, program, "mai", sponsor_code="lan", account="mai")

    def write(
        self, *rows: str, name: str = "orders.csv", header: str = HEADER, encoding: str = "utf-8"
    ) -> Path:
        """Write an export; one whose name ends in gz is packed."""
        content = "".join(f"{row}\n" for row in (header, *rows)).encode(encoding, "surrogateescape")
        path = self.folder / name
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        return path

    def take(self, *rows: str, name: str = "orders.csv", **changes: Any) -> ImportSummary:
        """Import rows as a file of that name; the mapping is changed as told."""
        return self.take_file(self.write(*rows, name=name), **changes)

    def take_file(
        self,
        path: Path,
        *,
        brought: Table[str, str] = BROUGHT,
        batch: int = 1_000,
        advance: Advance = untold,
        **changes: Any,
    ) -> ImportSummary:
        """Import a file."""
        referrals = self.folder / "referrals.csv"
        rows = "".join(f"{buyer},{partner}\n" for buyer, partner in brought.items())
        referrals.write_text(f"customer_id,partner_code\n{rows}", encoding="utf-8")
        mapping = replace(MAPPING, **changes)
        self.request = ImportRequest(path, mapping, referrals, batch=batch)
        return importing.run(self.engine, self.code, self.request, actor="import", advance=advance)

    def rejects(self) -> list[str]:
        """Return the rejects file of the last import, without its header."""
        out = self.folder / "rejects.csv"
        importing.write_rejects(self.engine, self.code, self.request, out)
        header, *lines = out.read_text(encoding="utf-8").split("\n")
        assert header == "row,reason,left_over_quantity"
        assert lines.pop() == ""
        return lines

    def sales(self) -> list[str]:
        """Return the references of all sales, in the order of booking."""
        return [row[0] for row in self._read(SALES)]

    def buyers(self) -> dict[str, str]:
        """Return the buyer of each sale."""
        return {row[0]: row[2] for row in self._read(SALES)}

    def amounts(self) -> dict[str, int]:
        """Return the amount of each sale."""
        return {row[0]: row[3] for row in self._read(SALES)}

    def lines(self, reference: str) -> list[tuple[Any, ...]]:
        """Return a sale's lines: stock code, number, pieces, amount, category."""
        return self._read(LINES, reference=reference)

    def returns(self) -> list[str]:
        """Return which return took how many pieces of what, in the order of booking."""
        return [f"{r}.{n}: {pieces} of {s}.{line}" for r, n, s, line, pieces in self._read(RETURNS)]

    def transfers(self, code: str) -> list[tuple[int, str]]:
        """Return the amounts of transfers of a code, and the role that each was taken from."""
        return [(amount, role) for name, amount, role in self._read(TRANSFERS) if name == code]

    def runs(self) -> list[str]:
        """Return the states of the imports."""
        return [row[0] for row in self._read(RUNS)]

    def owed(self, partner: str = "mai") -> dict[str, int]:
        """Return what a partner is owed, by role, where it isn't zero."""
        with database.transaction(self.engine) as session:
            program = programs.find(session, self.code)
            return {
                row.role: row.balance_minor
                for row in ledger.balances(session, program)
                if row.partner_code == partner and row.balance_minor
            }

    def release(self, on: str) -> None:
        """Release what is due."""
        with database.transaction(self.engine) as session:
            program = programs.find(session, self.code)
            approval.release(session, program, at=at(on), actor="finance")

    def close(self, month: str) -> None:
        """Close months; the wall clock has long passed them."""
        months.close_through(
            self.engine, self.code, parse_month(month), now=at("2026-01-01"), actor="finance"
        )

    def books(self) -> Books:
        """Return all that is booked, without ids."""
        with database.transaction(self.engine) as session:
            return plain_books(session)

    def books_hold(self) -> bool:
        """Tell whether verification finds nothing."""
        with database.transaction(self.engine) as session:
            return ledger.verify(session, programs.find(session, self.code)).balanced

    def _read(self, query: Any, **values: Any) -> list[tuple[Any, ...]]:
        with Session(self.engine) as session:
            return [tuple(row) for row in session.execute(query, {"code": self.code} | values)]
