"""The topic of the embedded platform: a table in one SQLite file, and a bell that rings on publishing.

It is a cache of the stores, so it need not be durable (`synchronous=OFF`): after a crash it may hold less than the
relay has told, and the relay, which compares heads at its start, publishes what is missing again.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import sqlalchemy as sa

from eventlog import metering, tracing
from eventlog.errors import StoreUnavailable
from eventlog.feed import PositionSource
from eventlog.progress import Progress
from eventlog.record import Recorded
from eventlog.sqlite import SqliteFile, create_tables, insert_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_metadata = sa.MetaData()
sa.Table(
    "topic_records",
    _metadata,
    sa.Column("log", sa.String(100), primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("stream", sa.String(200), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("type_name", sa.String(200), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
_PUBLISH = "INSERT OR IGNORE INTO topic_records VALUES "
_HEAD = "SELECT max(position) + 1 FROM topic_records WHERE log = ? AND partition = ?"
_READ = """SELECT position, stream, version, type_name, data FROM topic_records
    WHERE log = ? AND partition = ? AND position >= ? ORDER BY position LIMIT ?"""


class LocalTopic:
    """All topics of an embedded platform."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, "OFF")
        self._progress: dict[str, Progress] = {}
        with self._file.write() as connection:
            create_tables(connection, _metadata)

    def publish(self, records: Sequence[Recorded]) -> None:
        """See `eventlog.topic.Topic.publish`; repeats leave what is there."""
        rows = [(r.log, r.partition, r.position, r.stream, r.version, r.type_name, r.data) for r in records]
        last = records[-1]
        named = _measured(last.log)
        with metering.publishing(named), tracing.published(named, records), self._file.write() as connection:
            insert_rows(connection, _PUBLISH, rows)
        if last.log in self._progress:
            self._progress[last.log].moved(last.partition, last.position + 1)

    def heads(self, log: str, partitions: int) -> Sequence[int]:
        """See `eventlog.topic.Topic.heads`."""
        return [self._query(_HEAD, (log, partition))[0][0] or 0 for partition in range(partitions)]

    def source(self, log: str, partitions: int) -> PositionSource:
        """See `eventlog.topic.Topic.source`."""
        progress = self._progress.get(log)
        if progress is None:
            progress = self._progress.setdefault(log, Progress([0] * partitions))  # first, so that no bell is missed
            for partition, head in enumerate(self.heads(log, partitions)):
                progress.moved(partition, head)
        return PositionSource(log, partitions, _Reading(self, log), progress, measured=_measured(log))

    def read(self, log: str, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """Return at most `limit` records in order, from `position` on."""
        return [Recorded(log, partition, *row) for row in self._query(_READ, (log, partition, position, limit))]

    def close(self) -> None:
        """See `eventlog.topic.Topic.close`."""
        self._file.close()

    def _query(self, statement: str, parameters: tuple[object, ...]) -> list[tuple[int, str, int, str, bytes]]:
        try:
            return self._file.reader().execute(statement, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"local topic: {error}") from error


def _measured(log: str) -> dict[str, str]:
    return {"messaging.system": "local", "messaging.destination.name": f"lienthong.{log}"}


class _Reading:
    def __init__(self, topic: LocalTopic, log: str) -> None:
        self._topic = topic
        self._log = log

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        return self._topic.read(self._log, partition, position, limit)
