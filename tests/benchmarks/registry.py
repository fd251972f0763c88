"""All rows, in the order in which they are measured and shown."""

from __future__ import annotations

from tests.benchmarks import (
    accrual_rows,
    bulk_rows,
    import_row,
    posting_rows,
    reading_rows,
    web_rows,
)
from tests.benchmarks.rows import Row

ALL: tuple[Row, ...] = (
    *posting_rows.ROWS,
    *bulk_rows.ROWS,
    *accrual_rows.ROWS,
    *reading_rows.ROWS,
    *import_row.ROWS,
    *web_rows.ROWS,
)
