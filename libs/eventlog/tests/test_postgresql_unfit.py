"""A database that does not fit the program is refused in one line, which tells whoever must act what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from eventlog.conformance.material import append, made
from eventlog.errors import LogError
from eventlog.postgresql import PostgresqlStore, migrate, revision
from eventlog.postgresql.errors import MayNotMigrate, RoleUnfit, SchemaNewer, ServerTooOld

from .postgresql_world import execute

_PASSWORD = "only for this test"  # noqa: S105 - of a server that ends with the tests


@pytest.fixture
def login(fresh_database: str) -> Iterator[str]:
    """Give the URL of a login that may do nothing."""
    execute(fresh_database, f"CREATE ROLE nobody_special LOGIN PASSWORD '{_PASSWORD}'")
    url = sa.make_url(fresh_database).set(username="nobody_special", password=_PASSWORD)
    yield url.render_as_string(hide_password=False)
    execute(fresh_database, "DROP OWNED BY nobody_special CASCADE", "DROP ROLE nobody_special")


def one_line(refused: pytest.ExceptionInfo[LogError]) -> str:
    told = str(refused.value)
    assert "\n" not in told
    assert _PASSWORD not in told
    return told


def test_an_image_that_is_older_than_the_database_neither_opens_nor_migrates_it(fresh_database: str) -> None:
    migrate(fresh_database, "younger", 2)
    execute(fresh_database, "UPDATE log_younger.alembic_version SET version_num = '0002'")
    tries: list[Callable[[], object]] = [
        lambda: PostgresqlStore(fresh_database, "younger", 2),
        lambda: migrate(fresh_database, "younger", 2),
    ]
    for attempt in tries:
        with pytest.raises(SchemaNewer, match="newer than this program") as refused:
            attempt()
        told = one_line(refused)
        assert "log younger is at revision 0002, and the program at 0001" in told
        assert "run the newer image, or restore" in told
    assert execute(fresh_database, "SELECT version_num FROM log_younger.alembic_version") == [("0002",)]


def test_a_database_without_the_services_role_is_refused_until_it_is_migrated(fresh_database: str) -> None:
    """A dump that was restored on another server: roles are no part of it."""
    migrate(fresh_database, "roleless", 2)
    execute(
        fresh_database,
        "DROP SCHEMA views_roleless CASCADE",
        "DROP OWNED BY lienthong_roleless",
        "DROP ROLE lienthong_roleless",
    )
    with pytest.raises(RoleUnfit, match=r"the role lienthong_roleless .* is missing") as refused:
        PostgresqlStore(fresh_database, "roleless", 2)
    assert "run `python -m roleless_service migrate`" in one_line(refused)
    migrate(fresh_database, "roleless", 2)
    store = PostgresqlStore(fresh_database, "roleless", 2)
    made(store.append([append("a", 0, "1")])[0])
    store.close()


def test_a_role_that_has_lost_its_rights_gets_them_back_by_migrating(fresh_database: str) -> None:
    migrate(fresh_database, "stripped", 2)
    execute(fresh_database, "DROP OWNED BY lienthong_stripped")
    with pytest.raises(RoleUnfit, match="has lost its rights to log_stripped") as refused:
        PostgresqlStore(fresh_database, "stripped", 2)
    assert "migrate" in one_line(refused)
    migrate(fresh_database, "stripped", 2)
    PostgresqlStore(fresh_database, "stripped", 2).close()


def test_a_login_that_is_no_member_of_the_role_is_told_which_grant_it_lacks(fresh_database: str, login: str) -> None:
    migrate(fresh_database, "members", 2)
    with pytest.raises(RoleUnfit, match="may not be taken by nobody_special") as refused:
        PostgresqlStore(login, "members", 2)
    grant = one_line(refused).rpartition("as its owner: ")[2]
    execute(fresh_database, grant)
    PostgresqlStore(login, "members", 2).close()


def test_whoever_may_not_make_roles_or_schemas_is_told_so_and_leaves_nothing_behind(
    fresh_database: str, login: str
) -> None:
    with pytest.raises(MayNotMigrate, match="nobody_special may not migrate at") as refused:
        migrate(login, "unowned", 2)
    assert "run it as the owner of the database" in one_line(refused)
    database = sa.make_url(fresh_database).database
    execute(fresh_database, "ALTER ROLE nobody_special CREATEROLE")
    with pytest.raises(MayNotMigrate, match=f"permission denied for database {database}") as refused:
        migrate(login, "unowned", 2)
    assert f"GRANT CREATE ON DATABASE {database} TO nobody_special" in one_line(refused)
    assert execute(fresh_database, "SELECT 1 FROM pg_roles WHERE rolname = 'lienthong_unowned'") == []


def test_whoever_is_not_the_owner_of_the_schema_may_not_migrate_it(fresh_database: str, login: str) -> None:
    migrate(fresh_database, "anothers", 2)
    with pytest.raises(MayNotMigrate, match="permission denied") as refused:
        migrate(login, "anothers", 2)
    one_line(refused)


def test_a_server_that_is_too_old_is_named_with_its_version(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(fresh_database, "aged", 2)
    monkeypatch.setattr(revision, "OLDEST_SERVER", 99)
    for attempt in (lambda: migrate(fresh_database, "aged", 2), lambda: PostgresqlStore(fresh_database, "aged", 2)):
        with pytest.raises(ServerTooOld, match="99 is the oldest that will do; upgrade it") as refused:
            attempt()
        one_line(refused)
