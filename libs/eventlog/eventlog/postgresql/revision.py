"""Whether a database fits this program: the server's version, the log's schema and its revision, the service's role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from eventlog.postgresql.address import log_url, shown
from eventlog.postgresql.connecting import connect, unavailable
from eventlog.postgresql.errors import NotMigrated, RoleUnfit, SchemaNewer, ServerTooOld

if TYPE_CHECKING:
    from eventlog.postgresql.names import Names

REVISION = "0001"  # the last one in `migrations.versions`; later ones are greater as texts
OLDEST_SERVER = 15  # the oldest that the project supports; tested with 18
_THERE = """SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %(schema)s), current_user,
    (SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = %(role)s)"""
_NO_RIGHTS = (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege)


def check_revision(url: str, names: Names) -> None:
    """Raise what keeps this program from working with the log's schema.

    NotMigrated: it is missing or older. SchemaNewer. RoleUnfit: the service cannot work under the log's role.
    ServerTooOld. StoreUnavailable.
    """
    stored = _stored(url, names)
    if stored is None or stored < REVISION:
        raise NotMigrated(shown(url), names.log, stored, REVISION)
    check_not_newer(url, names, stored)


def check_not_newer(url: str, names: Names, stored: str) -> None:
    """Raise SchemaNewer when this program does not know the revision."""
    if stored > REVISION:
        raise SchemaNewer(shown(url), names.log, stored, REVISION)


def check_server(url: str, version: int) -> None:
    """Raise ServerTooOld; `version` as the protocol gives it: 180002 is 18.2."""
    if version // 10_000 < OLDEST_SERVER:
        raise ServerTooOld(shown(url), version // 10_000, OLDEST_SERVER)


def _stored(url: str, names: Names) -> str | None:
    with unavailable(url), connect(url) as connection:
        check_server(url, connection.info.server_version)
        row = connection.execute(_THERE, {"schema": names.schema, "role": names.role}).fetchone()
    schema, login, member = row or (False, "", None)
    if not schema:
        return None
    _check_role(url, names, login, member)
    with unavailable(url), connect(log_url(url, names.log)) as connection:
        return _revision(url, names, connection)


def _check_role(url: str, names: Names, login: str, member: bool | None) -> None:  # noqa: FBT001 - as it is told
    if member is None:
        raise RoleUnfit(shown(url), names.role, "is missing", _again(names))
    if not member:
        raise RoleUnfit(
            shown(url), names.role, f"may not be taken by {login}", f"as its owner: GRANT {names.role} TO {login}"
        )


def _revision(url: str, names: Names, connection: psycopg.Connection[Any]) -> str | None:
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except _NO_RIGHTS:
        raise RoleUnfit(shown(url), names.role, f"has lost its rights to {names.schema}", _again(names)) from None
    return None if found is None else str(found[0])


def _again(names: Names) -> str:
    return f"run `python -m {names.log}_service migrate` as the owner, which makes it and gives it its rights"
