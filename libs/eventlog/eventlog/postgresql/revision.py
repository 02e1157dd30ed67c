"""Which revision of the log's schema a database has, and which this program wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog.postgresql.address import log_url, shown
from eventlog.postgresql.connecting import connect, unavailable
from eventlog.postgresql.errors import NotMigrated

if TYPE_CHECKING:
    from eventlog.postgresql.names import Names

REVISION = "0001"  # the last one in `migrations.versions`
_THERE = "SELECT FROM pg_namespace, pg_roles WHERE nspname = %s AND rolname = %s"


def check_revision(url: str, names: Names) -> None:
    """Raise NotMigrated when the log's schema is missing or is not the one that this program was written for."""
    stored = _stored(url, names)
    if stored != REVISION:
        raise NotMigrated(shown(url), names.log, stored, REVISION)


def _stored(url: str, names: Names) -> str | None:
    with unavailable(url), connect(url) as connection:
        there = connection.execute(_THERE, (names.schema, names.role)).fetchone()
    if there is None:
        return None
    with unavailable(url), connect(log_url(url, names.log)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])
