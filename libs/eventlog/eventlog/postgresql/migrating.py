"""Making the schema of a log, and bringing it up to date: by its owner, before the services that need it start.

The service's role is made here too. A service may log in as the owner, or, better, as a login of its own that is a
member of the role: `CREATE ROLE docexchange LOGIN PASSWORD '...' IN ROLE lienthong_docexchange`.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from eventlog.errors import StoreMismatch
from eventlog.postgresql.address import owner_url, shown
from eventlog.postgresql.connecting import unavailable
from eventlog.postgresql.errors import MayNotMigrate
from eventlog.postgresql.names import Names
from eventlog.postgresql.revision import check_not_newer, check_server

MIGRATIONS = Path(__file__).parent / "migrations"
_alembic = threading.Lock()  # it keeps what it works on in module variables
_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:schema, 0))")
_ROLE = """DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            GRANT {role} TO CURRENT_USER;
        END IF;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- made at this moment, for another database of this server
END $$"""
# Given anew each time: a database restored from a dump on another server has neither the role nor its rights.
_RIGHTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON log_about, alembic_version TO {role}",
    "GRANT SELECT, INSERT ON log_records, log_requests TO {role}",
    "GRANT SELECT, UPDATE ON log_heads TO {role}",
    "GRANT SELECT, INSERT, UPDATE ON log_leases, log_relayed TO {role}",
)


def migrate(url: str, log: str, partitions: int) -> None:
    """Make the log's schema, or bring it to this program's revision; one that is there already is left as it is.

    Atomic, and safe to run from several places at once. The user of `url` must be allowed to create schemas in the
    database and, the first time on a server, roles. Raises StoreMismatch when the schema holds a log of another name
    or number of partitions, SchemaNewer, MayNotMigrate, ServerTooOld, StoreUnavailable when the server is away.
    """
    names = Names(log)
    engine = sa.create_engine(owner_url(url), poolclass=sa.NullPool)
    try:
        with _alembic, engine.begin() as connection:
            connection.execute(_ALONE, {"schema": names.schema})
            _check_known(connection, url, names)
            _prepare(connection, names)
            _upgrade(connection, names, partitions)
            _check(connection, url, log, partitions)
            _give_rights(connection, names)
    except sa.exc.DBAPIError as error:
        with unavailable(url):
            raise _told(url, error) from error


def _check_known(connection: sa.Connection, url: str, names: Names) -> None:
    version: Any = connection.connection.driver_connection
    check_server(url, version.info.server_version)
    table = f"{names.schema}.alembic_version"
    if connection.scalar(sa.select(sa.func.to_regclass(table))) is not None:
        stored = connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalar_one_or_none()  # noqa: S608 - ours
        check_not_newer(url, names, stored or "")


def _prepare(connection: sa.Connection, names: Names) -> None:
    execute = connection.exec_driver_sql
    execute(_ROLE.format(role=names.role))
    execute(f"CREATE SCHEMA IF NOT EXISTS {names.schema}")
    execute(f"CREATE SCHEMA IF NOT EXISTS {names.views} AUTHORIZATION {names.role}")
    execute(f"SET LOCAL search_path = {names.schema}")


def _upgrade(connection: sa.Connection, names: Names, partitions: int) -> None:
    from alembic import command  # noqa: PLC0415 - slow to load, and of no use to who only opens a log
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, names=names, log=names.log, partitions=partitions)
    command.upgrade(config, "head")


def _give_rights(connection: sa.Connection, names: Names) -> None:
    for right in _RIGHTS:
        connection.exec_driver_sql(right.format(schema=names.schema, role=names.role))


def _told(url: str, error: sa.exc.DBAPIError) -> BaseException:
    cause = error.orig or error
    if not isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return cause
    parsed = sa.make_url(url)
    return MayNotMigrate(shown(url), str(parsed.database), str(parsed.username), str(cause).splitlines()[0])


def _check(connection: sa.Connection, url: str, log: str, partitions: int) -> None:
    stored_log, stored_partitions = connection.exec_driver_sql("SELECT log, partitions FROM log_about").one()
    for field, stored, wanted in (("name", stored_log, log), ("partitions", stored_partitions, partitions)):
        if stored != wanted:
            raise StoreMismatch(shown(url), field, stored, wanted)
