"""A few connections for whoever reads, from any thread.

Invariant: a connection on which anything went wrong is closed; one that was cut while it was idle is not lent.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from eventlog.errors import StoreUnavailable
from eventlog.postgresql.connecting import connect, is_cut, unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_PATIENCE = 10.0  # seconds to wait for a connection that another thread has


class Pool:
    """At most `size` connections to `url`, opened when they are wanted."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._free = threading.Semaphore(size)
        self._idle: list[psycopg.Connection[Any]] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection on which each statement is a transaction. StoreUnavailable; also for what it raises."""
        if not self._free.acquire(timeout=_PATIENCE):
            raise StoreUnavailable(f"no connection came free within {_PATIENCE:.0f} s")
        try:
            with unavailable(self._url):
                yield from self._lend()
        finally:
            self._free.release()

    def close(self) -> None:
        """Close every connection; those lent are closed when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _lend(self) -> Iterator[psycopg.Connection[Any]]:
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def _take(self) -> psycopg.Connection[Any]:
        while (connection := self._last_used()) is not None:
            if not is_cut(connection):
                return connection
            connection.close()
        return connect(self._url)

    def _last_used(self) -> psycopg.Connection[Any] | None:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the connections are closed")
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: psycopg.Connection[Any]) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
