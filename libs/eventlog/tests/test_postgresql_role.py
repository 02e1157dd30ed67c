"""The role that services work under can add to the log and read it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from eventlog.conformance.audit import audit
from eventlog.conformance.material import append, made, texts
from eventlog.postgresql import PostgresqlStore, log_url, migrate, views_url
from eventlog.postgresql.connecting import connect

from .postgresql_world import execute

_PASSWORD = "only for this test"  # noqa: S105 - of a server that ends with the tests


@pytest.fixture(scope="module")
def url(postgresql_url: str) -> str:
    migrate(postgresql_url, "guarded", 2)
    store = PostgresqlStore(postgresql_url, "guarded", 2)
    made(store.append([append("a", 0, "1")])[0])
    store.close()
    return postgresql_url


@pytest.fixture
def login(url: str) -> Iterator[str]:
    """Give the URL of a login that is a member of the log's role, and nothing more."""
    name = "guarded_service"
    execute(url, f"CREATE ROLE {name} LOGIN PASSWORD '{_PASSWORD}' IN ROLE lienthong_guarded")
    yield sa.make_url(url).set(username=name, password=_PASSWORD).render_as_string(hide_password=False)
    execute(url, f"DROP ROLE {name}")


_FORBIDDEN = [
    *(
        statement.format(table)
        for table in ("log_records", "log_requests")
        for statement in (
            "DELETE FROM {}",
            "TRUNCATE {}",
            "DROP TABLE {}",
            "ALTER TABLE {} DISABLE TRIGGER ALL",
            "ALTER TABLE {} OWNER TO CURRENT_USER",
            "ALTER TABLE {} ADD COLUMN another integer",
            "CREATE TRIGGER another BEFORE INSERT ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "SELECT * FROM {} FOR UPDATE",
        )
    ),
    "UPDATE log_records SET data = ''",
    "UPDATE log_records SET place = place + 1",
    "UPDATE log_requests SET fingerprint = ''",
    "INSERT INTO log_records SELECT * FROM log_records ON CONFLICT (place) DO UPDATE SET data = ''",
    "DELETE FROM log_heads",
    "INSERT INTO log_heads VALUES (9, 0, 0)",
    "UPDATE log_about SET partitions = 9",
    "UPDATE alembic_version SET version_num = ''",
    "CREATE TABLE log_guarded.another (a integer)",
    "CREATE VIEW log_guarded.another AS SELECT 1",
    "DROP SCHEMA log_guarded CASCADE",
    "SET session_replication_role = replica",
    "CREATE ROLE another",
]


@pytest.mark.parametrize("statement", _FORBIDDEN)
def test_the_role_cannot(url: str, statement: str) -> None:
    with connect(log_url(url, "guarded")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())
    store = PostgresqlStore(url, "guarded", 2)
    assert texts(store.read_stream("a")) == ["1"]
    store.close()


def test_a_login_of_the_role_runs_the_store(login: str) -> None:
    store = PostgresqlStore(login, "guarded", 2)
    made(store.append([append("b", 0, "2")])[0])
    assert sorted(texts(audit(store))) == ["1", "2"]
    store.close()


@pytest.mark.parametrize("statement", ["SET ROLE postgres", "RESET ROLE; DELETE FROM log_guarded.log_records"])
def test_a_login_of_the_role_has_nothing_to_go_back_to(login: str, statement: str) -> None:
    with connect(log_url(login, "guarded")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_role_may_do_as_it_likes_in_the_schema_for_views(login: str) -> None:
    with connect(views_url(login, "guarded")) as connection:
        connection.execute("CREATE TABLE inbox (a integer)")
        connection.execute("INSERT INTO inbox VALUES (1)")
        connection.execute("ALTER TABLE inbox RENAME TO old")
        connection.execute("DROP TABLE old")
