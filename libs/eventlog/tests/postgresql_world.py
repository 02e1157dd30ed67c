"""What tests of the log on PostgreSQL do to the server behind the store's back."""

from __future__ import annotations

from typing import Any

import psycopg
import sqlalchemy as sa


def admin(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as the URL's own user; each statement is a transaction."""
    return psycopg.connect(
        sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    )


def execute(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements as the URL's own user; return the rows of the last."""
    rows: list[tuple[Any, ...]] = []
    with admin(url) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows


def cut_all(url: str) -> int:
    """Cut every other connection to the database; return how many there were."""
    cut = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
    return len(execute(url, cut))


def with_options(url: str, options: str) -> str:
    """Return the URL with options for its sessions."""
    return sa.make_url(url).update_query_dict({"options": options}).render_as_string(hide_password=False)
