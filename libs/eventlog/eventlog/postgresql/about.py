"""What a database holds: its logs, and in how many partitions each is."""

from __future__ import annotations

from eventlog.postgresql.address import log_url
from eventlog.postgresql.connecting import connect, unavailable
from eventlog.postgresql.names import Names
from eventlog.postgresql.revision import check_revision

_LOGS = r"SELECT substr(nspname, 5) FROM pg_namespace WHERE nspname LIKE 'log\_%' ORDER BY nspname"
_PARTITIONS = "SELECT partitions FROM log_about"


def logs_in(url: str) -> list[str]:
    """Return the names of the logs that a database holds. Raises StoreUnavailable."""
    with unavailable(url), connect(url) as connection:
        return [str(name) for (name,) in connection.execute(_LOGS).fetchall()]


def partitions_of(url: str, log: str) -> int:
    """Return how many partitions a log has. Raises as opening its store does."""
    check_revision(url, Names(log))
    with unavailable(url), connect(log_url(url, log)) as connection:
        [found] = connection.execute(_PARTITIONS).fetchone() or (0,)
    return int(found)
