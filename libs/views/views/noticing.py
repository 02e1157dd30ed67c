"""Noticing what other processes have folded into the same PostgreSQL database.

Invariant: what `Progress` tells is committed, and `Standing` has seen a catalogue that is not older.

Each transaction that folds rings a bell (`views.replicas.fold`, NOTIFY). One thread a process listens, reads where the
main followers stand and moves the Progress that callers wait on, whoever folded. Without a ring it looks each second:
a bell may be lost with a connection, a position cannot.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from views.catalogue import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eventlog.progress import Progress
    from sqlalchemy.engine import Connection

    from views.database import Database
    from views.standing import Standing

_log = logging.getLogger(__name__)
_RECHECK = 1.0  # seconds
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0  # seconds between tries while the database is away
_CHANNEL = "SELECT 'views_' || md5(current_schema())"
_LOOK = sa.text(
    "SELECT log, partition, position, (SELECT epoch FROM view_epoch) FROM follower_positions WHERE follower = :main"
)


class Noticing:
    """The thread that listens."""

    def __init__(self, database: Database, standing: Standing, progress: Mapping[str, Progress]) -> None:
        self._database = database
        self._standing = standing
        self._progress = progress
        self._stopping = threading.Event()
        self._bell = os.eventfd(0)
        self._thread = threading.Thread(target=self._run, name="views-noticing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; to stop before the start is allowed."""
        self._stopping.set()
        os.eventfd_write(self._bell, 1)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._stopping.is_set():
            try:
                with self._database.beside.connect() as connection:
                    connection.exec_driver_sql(f'LISTEN "{connection.exec_driver_sql(_CHANNEL).scalar_one()}"')
                    while not self._stopping.is_set():
                        self._look(connection)
                        self._sleep(connection.connection.driver_connection)
                        pause = _SHORTEST_PAUSE
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait here need it to go on
                _log.warning("what other processes fold is not noticed: %s", error)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _look(self, connection: Connection) -> None:
        rows = connection.execute(_LOOK, {"main": MAIN}).all()
        if rows and rows[0][3] > self._standing.last.epoch:
            with self._database.read() as reading:
                self._standing.look(reading)
        for log, partition, position, _ in rows:
            if log in self._progress:
                self._progress[log].moved(partition, position)

    def _sleep(self, raw: Any) -> None:
        """Sleep until the bell rings. It may have rung during the query: then the driver has it already."""
        if not list(raw.notifies(timeout=0)):
            select.select([raw.fileno(), self._bell], [], [], _RECHECK)
            list(raw.notifies(timeout=0))
