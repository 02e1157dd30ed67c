"""Connections that do not wait for ever, and what their errors mean.

A server that is gone is noticed by TCP (keepalives, tcp_user_timeout); a statement that takes too long is ended by the
server (statement_timeout), and where the server itself stands still, nobody waits longer than PATIENCE. Every limit but
the last may be set otherwise in the URL.
"""

from __future__ import annotations

import select
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from eventlog.errors import StoreUnavailable
from eventlog.postgresql.address import parameters, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import RV, PQGen

PATIENCE = 35.0  # seconds
_LOOK = 0.1  # seconds between looks at whether the program is interrupted
_CLIENT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
    "application_name": "lienthong",
}
# Plans are made once, often while the tables are empty: they must be the ones that are right when they are full.
_SERVER = (
    "-c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=5s -c jit=off "
    "-c enable_seqscan=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan"
)
# What passes: the server is away, shutting down, read-only, out of room, or had to break a deadlock. The rest are bugs.
_PASSING = (
    psycopg.OperationalError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
)


class Patient(psycopg.Connection[Any]):
    """A connection whose statements end within PATIENCE: then psycopg.OperationalError, and it must be closed."""

    def wait(self, gen: PQGen[RV], interval: float = _LOOK, timeout: float | None = None) -> RV:
        """Wait for the server."""
        return super().wait(gen, interval, PATIENCE if timeout is None else timeout)


def is_cut(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether an idle connection is no more: then its end has come in, and from a sound one nothing comes."""
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))


def connect(url: str) -> Patient:
    """Open a connection on which each statement is a transaction; StoreUnavailable when it cannot be had."""
    wanted = _CLIENT | parameters(url)
    wanted["options"] = f"{_SERVER} {wanted.get('options', '')}"
    with unavailable(url):
        return Patient.connect(autocommit=True, **wanted)


@contextmanager
def unavailable(url: str) -> Iterator[None]:
    """Turn what passes by itself into StoreUnavailable."""
    try:
        yield
    except _PASSING as error:
        raise StoreUnavailable(f"PostgreSQL at {shown(url)}: {_first_line(error)}") from error


def _first_line(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
