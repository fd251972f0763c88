"""All rows, in the order in which they are measured and shown."""

from __future__ import annotations

from tests.benchmarks import bulk_rows, posting_rows
from tests.benchmarks.rows import Row

ALL: tuple[Row, ...] = (*posting_rows.ROWS, *bulk_rows.ROWS)
