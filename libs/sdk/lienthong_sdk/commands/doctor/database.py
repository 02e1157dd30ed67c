"""The database: its server, settings and clock; and for each log its schema, the role's rights, relay and followers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from eventlog.errors import LogError
from eventlog.postgresql.about import logs_in
from eventlog.postgresql.connecting import connect, unavailable
from eventlog.postgresql.names import Names
from eventlog.postgresql.revision import OLDEST_SERVER, check_revision, check_server

from lienthong_sdk.commands.doctor.finding import Finding, fail, judged, lag, ok, warn

if TYPE_CHECKING:
    import psycopg

_TESTED = 18
_SUBJECT = "database"
_SETTINGS = {  # what must hold, what then, and what to do
    "fsync": (("on",), True, "a power cut loses what was acknowledged", "set fsync=on"),
    "full_page_writes": (("on",), True, "a power cut may tear pages", "set full_page_writes=on"),
    "synchronous_commit": (
        ("on", "remote_apply", "remote_write", "local"),
        True,
        "what is acknowledged is not yet on disk",
        "set synchronous_commit=on",
    ),
    "wal_level": (("replica", "logical"), False, "no restore to a point in time", "set wal_level=replica"),
    "archive_mode": (("on", "always"), False, "a restore goes back to the last whole backup", "archive the WAL"),
}
_CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS float8), pg_is_in_recovery()"
_WARN_SECONDS, _FAIL_SECONDS = 1.0, 30.0
_FORBIDDEN = """SELECT t.name, p.name FROM (VALUES ('log_records'), ('log_requests')) AS t (name),
    (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (name)
    WHERE has_table_privilege(%(role)s, %(schema)s || '.' || t.name, p.name)"""
_SUPER = "SELECT rolsuper FROM pg_roles WHERE rolname = %(role)s"
_RELAYS = """SELECT h.partition, h.size, coalesce(r.position, 0), EXISTS (
        SELECT FROM {schema}.log_leases l WHERE l.name = 'relay/' || h.partition
        AND l.expires_micros >= extract(epoch FROM clock_timestamp()) * 1000000)
    FROM {schema}.log_heads h LEFT JOIN {schema}.log_relayed r USING (partition) ORDER BY h.partition"""
_FOLLOWERS = """SELECT f.follower, sum(greatest(h.size - f.position, 0)) FROM {views}.follower_positions f
    JOIN {schema}.log_heads h USING (partition) WHERE f.log = %(log)s GROUP BY f.follower ORDER BY f.follower"""


class Database:
    """The database at a URL; `heads` has those of its logs once it was examined."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.heads: dict[str, Sequence[int]] = {}

    def examine(self) -> Iterator[Finding]:
        """Look at everything; what cannot be reached ends it."""
        try:
            with unavailable(self._url), connect(self._url) as connection:
                yield from self._server(connection)
                for log in logs_in(self._url):
                    yield from self._log(connection, log)
        except LogError as error:
            yield fail(
                _SUBJECT, "reachable", str(error), "check LIENTHONG_DATABASE_URL, the server, and what is between"
            )

    def _server(self, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
        version = connection.info.server_version
        try:
            check_server(self._url, version)
        except LogError as error:
            yield fail(_SUBJECT, "version", str(error), f"at least PostgreSQL {OLDEST_SERVER}; {_TESTED} is tested")
        else:
            yield ok(_SUBJECT, "version", f"PostgreSQL {version // 10_000}.{version % 10_000}")
        for name, (good, must, otherwise, remedy) in _SETTINGS.items():
            [value] = connection.execute(f"SHOW {name}".encode()).fetchone() or ("",)
            if value in good:
                yield ok(_SUBJECT, name, str(value))
            else:
                yield (fail if must else warn)(_SUBJECT, name, f"{value}: {otherwise}", remedy)
        before = time.time()
        [now, standby] = connection.execute(_CLOCK).fetchone() or (before, False)
        yield _clock(now - (before + time.time()) / 2)
        yield judged(_SUBJECT, "primary", "a standby, which is read-only" if standby else "", "yes", "name the primary")

    def _log(self, connection: psycopg.Connection[Any], log: str) -> Iterator[Finding]:
        names, subject = Names(log), f"log {log}"
        try:
            check_revision(self._url, names)
        except LogError as error:
            yield fail(subject, "schema", str(error), "as it says")
            return
        yield ok(subject, "schema", "at this program's revision, and its role can be taken")
        yield _rights(connection, names)
        rows = connection.execute(_RELAYS.format(schema=names.schema).encode()).fetchall()
        self.heads[log] = [row[1] for row in rows]
        yield lag(subject, "relay", sum(size - at for _, size, at, _ in rows), "is Kafka away? Read the service's log")
        nobody = [str(partition) for partition, _, _, held in rows if not held]
        yield judged(
            subject,
            "relay leases",
            f"nobody publishes {len(nobody)} of {len(rows)} partitions: {', '.join(nobody[:5])}" if nobody else "",
            f"{len(rows)} partitions are held",
            "start the service; a replica that died lets go after 10 s",
        )
        yield from _followers(connection, names)


def _clock(off: float) -> Finding:
    found = f"{off:+.3f} s from ours"
    if abs(off) < _WARN_SECONDS:
        return ok(_SUBJECT, "clock", found)
    return (fail if abs(off) > _FAIL_SECONDS else warn)(_SUBJECT, "clock", found, "synchronise both clocks")


def _rights(connection: psycopg.Connection[Any], names: Names) -> Finding:
    given = {"role": names.role, "schema": names.schema}
    may = [f"{right} on {table}" for table, right in connection.execute(_FORBIDDEN, given).fetchall()]
    if (connection.execute(_SUPER, given).fetchone() or (False,))[0]:
        may = ["everything: it is a superuser"]
    problem = f"{names.role} may {', '.join(may)}: it could rewrite the log" if may else ""
    revoke = f"REVOKE UPDATE, DELETE, TRUNCATE ON {names.schema}.log_records, {names.schema}.log_requests"
    return judged(
        f"log {names.log}", "rights", problem, f"{names.role} adds and reads only", f"{revoke} FROM {names.role}"
    )


def _followers(connection: psycopg.Connection[Any], names: Names) -> Iterator[Finding]:
    there = connection.execute("SELECT to_regclass(%s)", (f"{names.views}.follower_positions",)).fetchone()
    if there is None or there[0] is None:
        return
    statement = _FOLLOWERS.format(views=names.views, schema=names.schema).encode()
    for follower, behind in connection.execute(statement, {"log": names.log}).fetchall():
        yield lag(
            f"log {names.log}",
            f"follower {follower}",
            int(behind),
            "look again; if it does not shrink, it has stopped: read the service's log",
        )
