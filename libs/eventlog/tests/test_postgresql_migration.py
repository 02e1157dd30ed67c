"""A migration makes the log's schema as the program describes it, once, whoever else makes it at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from eventlog import schema
from eventlog.conformance.material import append, made
from eventlog.errors import StoreMismatch, StoreUnavailable, UsageError
from eventlog.postgresql import NotMigrated, PostgresqlStore, migrate
from eventlog.postgresql.migrating import MIGRATIONS
from eventlog.postgresql.names import Names
from eventlog.postgresql.revision import REVISION

from .postgresql_world import execute

_PASSWORD = "only for this test"  # noqa: S105 - of a server that ends with the tests


def test_the_schema_is_the_one_that_the_program_describes(fresh_database: str) -> None:
    migrate(fresh_database, "described", 3)
    engine = sa.create_engine(
        fresh_database, connect_args={"options": "-c search_path=log_described"}, poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    heads = execute(fresh_database, "SELECT partition, size, micros FROM log_described.log_heads ORDER BY 1")
    assert heads == [(0, 0, 0), (1, 0, 0), (2, 0, 0)]


def test_the_revision_that_the_program_wants_is_the_last_one() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [REVISION]


def test_to_migrate_again_changes_nothing(fresh_database: str) -> None:
    migrate(fresh_database, "again", 2)
    store = PostgresqlStore(fresh_database, "again", 2)
    made(store.append([append("a", 0, "1")])[0])
    migrate(fresh_database, "again", 2)
    assert sum(store.heads()) == 1
    store.close()


def test_many_that_migrate_at_once_make_one_schema(fresh_database: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: migrate(fresh_database, f"log{n % 2}", 2), range(6)))
    for log in ("log0", "log1"):
        PostgresqlStore(fresh_database, log, 2).close()


def test_an_owner_who_is_no_superuser_may_migrate(owner: str) -> None:
    migrate(owner, "owned", 2)
    store = PostgresqlStore(owner, "owned", 2)
    made(store.append([append("a", 0, "1")])[0])
    store.close()


@pytest.fixture
def owner(fresh_database: str) -> Iterator[str]:
    url = sa.make_url(fresh_database)
    execute(
        fresh_database,
        f"CREATE ROLE some_owner LOGIN CREATEROLE PASSWORD '{_PASSWORD}'",
        f"GRANT CREATE ON DATABASE {url.database} TO some_owner",
    )
    yield url.set(username="some_owner", password=_PASSWORD).render_as_string(hide_password=False)
    execute(
        fresh_database,
        "DROP OWNED BY some_owner, lienthong_owned CASCADE",
        "DROP ROLE lienthong_owned",
        "DROP ROLE some_owner",
    )


def test_a_log_without_its_schema_is_not_opened(fresh_database: str) -> None:
    with pytest.raises(NotMigrated, match="_service migrate") as missing:
        PostgresqlStore(fresh_database, "nowhere", 2)
    assert (missing.value.stored, missing.value.wanted) == (None, REVISION)


def test_a_log_with_an_older_schema_is_not_opened(fresh_database: str) -> None:
    migrate(fresh_database, "older", 2)
    execute(fresh_database, "UPDATE log_older.alembic_version SET version_num = '0000'")
    with pytest.raises(NotMigrated, match="is at revision 0000"):
        PostgresqlStore(fresh_database, "older", 2)


def test_a_schema_with_another_number_of_partitions_is_left_as_it_is(fresh_database: str) -> None:
    migrate(fresh_database, "parted", 2)
    with pytest.raises(StoreMismatch) as mismatch:
        migrate(fresh_database, "parted", 3)
    assert (mismatch.value.stored, mismatch.value.wanted) == (2, 3)
    PostgresqlStore(fresh_database, "parted", 2).close()


def test_without_a_server_nothing_is_migrated_or_opened() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    with pytest.raises(StoreUnavailable):
        migrate(nowhere, "log", 2)
    with pytest.raises(StoreUnavailable):
        PostgresqlStore(nowhere, "log", 2)


@pytest.mark.parametrize("log", ["", "Log", "a-b", "a b", "1a", "a" * 41, 'a"', "a;drop", "văn"])
def test_a_log_that_PostgreSQL_could_not_name_is_refused(log: str) -> None:  # noqa: N802 - its own name
    with pytest.raises(UsageError):
        Names(log)
