"""The database's history, one revision after another, for SQLite and PostgreSQL alike."""
