"""Runs the revisions on the connection that ``storefront.database`` hands over."""

from __future__ import annotations

from alembic import context

from commissions.models import Base
from storefront import models  # noqa: F401  # reason: its tables belong to the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
