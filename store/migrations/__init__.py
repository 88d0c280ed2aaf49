"""The schema's history, for alembic; `HEAD` is the newest revision (a test holds it to that)."""

HEAD = "0012"
