"""All rows of the engine's tables with names in place of ids, to compare books that grew apart.

A broken-off transaction uses up ids on PostgreSQL, so books that say the same have other ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Table, select
from sqlalchemy.orm import Session

from commissions.models import Base

LEFT_OUT = {"id", "recorded_at", "cause_id", "ends_at"}
NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "programs": ("code",),
    "partners": ("code",),
    "plan_versions": ("number",),
    "plan_rules": ("position",),
    "sales": ("reference",),
    "refunds": ("reference",),
    "commissions": ("kind", "reference"),
    "accounts": ("role", "partner_id"),
    "transfers": ("code", "debit_account_id", "credit_account_id", "amount_minor"),
    "seals": ("month",),
}
"""What names a row of a table that others refer to."""
POINTS_TO: Mapping[tuple[str, str], str] = {
    ("entries", "account_id"): "accounts",
    ("entries", "transfer_id"): "transfers",
    ("transfers", "program_id"): "programs",
    ("transfers", "debit_account_id"): "accounts",
    ("transfers", "credit_account_id"): "accounts",
}
"""References that no foreign key checks."""
LATE: Mapping[str, int] = {"transfers": 1, "entries": 2}
"""Tables whose rows are named after those that they name without a foreign key."""
SUBJECTS: Mapping[str, str] = {"commission": "commissions", "sale": "sales"}

Names = dict[tuple[str, int], str]
Books = dict[str, Counter[str]]


def plain_books(session: Session) -> Books:
    """Return the rows of every table of the engine, each as one text, in no order."""
    names: Names = {}
    books: Books = {}
    tables = [one for one in Base.metadata.sorted_tables if not one.name.startswith("import_")]
    for table in sorted(tables, key=lambda one: LATE.get(one.name, 0)):
        rows = [
            row._asdict() for row in session.execute(select(table).order_by(*table.primary_key))
        ]
        for row in rows if table.name in NAMED_BY else ():
            texts = [_told(table.c[name], row, names) for name in NAMED_BY[table.name]]
            names[table.name, row["id"]] = " ".join(texts)
        if table.name != "state_changes":
            books[table.name] = Counter(_line(table, row, names) for row in rows)
    changes = Base.metadata.tables["state_changes"]
    books["state_changes"] = Counter(
        _line(changes, row._asdict(), names) for row in session.execute(select(changes))
    )
    return books


def _line(table: Table, row: Mapping[str, Any], names: Names) -> str:
    return ", ".join(
        f"{column.name} {_told(column, row, names)}"
        for column in table.columns
        if column.name not in LEFT_OUT
    )


def _told(column: Column[Any], row: Mapping[str, Any], names: Names) -> str:
    table, value = column.table.name, row[column.name]
    if (table, column.name) == ("transfers", "reference") and row["code"] == "release":
        return names["commissions", int(value)]
    if (table, column.name) == ("state_changes", "subject_id"):
        return names[SUBJECTS[row["subject"]], value]
    checked = next((key.column.table.name for key in column.foreign_keys), None)
    target = POINTS_TO.get((table, column.name), checked)
    return str(value) if target is None or value is None else names[target, value]
