"""The tests: sentences of the trade, on SQLite and on PostgreSQL."""
