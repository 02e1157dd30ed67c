"""Hearing of every commit to a log, also of other processes': a thread that listens where the lanes tell.

What is told may get lost (the connection was cut, the teller died after its commit), so the heads are read too: after
connecting, and once a second.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from eventlog.errors import StoreUnavailable
from eventlog.postgresql.address import log_url
from eventlog.postgresql.connecting import connect, unavailable
from eventlog.postgresql.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg

    from eventlog.progress import Progress

_log = logging.getLogger(__name__)
_RECHECK = 1.0  # seconds
_LONGEST_PAUSE = 2.0  # seconds between tries to connect


class News:
    """Moves `committed` as the log's heads move, from its making until `close`."""

    def __init__(self, url: str, log: str, committed: Progress, heads: Callable[[], Sequence[int]]) -> None:
        self._url = log_url(url, log)
        self._channel = Names(log).schema
        self._committed = committed
        self._heads = heads
        self._stopping = threading.Event()
        self._bell, self._ring = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=f"news-{log}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; to close twice is allowed."""
        self._stopping.set()
        self._ring.close()
        self._thread.join()
        self._bell.close()

    def _run(self) -> None:
        pause = 0.05
        while not self._stopping.is_set():
            try:
                with unavailable(self._url), connect(self._url) as connection:
                    connection.execute(f"LISTEN {self._channel}".encode())
                    pause = 0.05
                    self._listen(connection)
            except StoreUnavailable as error:
                _log.warning("news of %s will be late: %s", self._channel, error)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        look_at = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= look_at:
                self._look()
                look_at = time.monotonic() + _RECHECK
            self._wait(connection, look_at)
            connection.pgconn.consume_input()
            while told := connection.pgconn.notifies():
                self._hear(told.extra.decode())

    def _wait(self, connection: psycopg.Connection[Any], until: float) -> None:
        poll = select.poll()
        poll.register(connection.pgconn.socket, select.POLLIN)
        poll.register(self._bell, select.POLLIN)
        poll.poll(max(until - time.monotonic(), 0) * 1000)

    def _look(self) -> None:
        for partition, head in enumerate(self._heads()):
            self._committed.moved(partition, head)

    def _hear(self, news: str) -> None:
        for each in filter(None, news.split(",")):
            partition, _, head = each.partition(":")
            self._committed.moved(int(partition), int(head))
