"""The addresses of databases, as SQLAlchemy takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from postgresql_local.installation import HOST, SUPERUSER

if TYPE_CHECKING:
    from postgresql_local.installation import Installation


def address(installation: Installation, port: int, database: str, host: str = HOST) -> str:
    """Return the superuser's URL of a database."""
    url = sa.URL.create("postgresql+psycopg", SUPERUSER, installation.password(), host, port, database)
    return url.render_as_string(hide_password=False)


def create_database(url: str, name: str) -> str:
    """Make a new empty database on the server of `url`; return its URL. psycopg.errors.DuplicateDatabase."""
    parsed = sa.make_url(url)
    parameters: Any = parsed.translate_connect_args(username="user", database="dbname")
    with psycopg.connect(**parameters, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return parsed.set(database=name).render_as_string(hide_password=False)
