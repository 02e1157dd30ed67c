"""What a test of a view needs: a log in memory, and the rows that a view folds from it, without a database.

log = MemoryLog("identity", 2)
log.append("agency-a", AgencyRegistered(code="A"))
assert rows_of(AGENCIES, log.records()) == {("A",): {"code": "A", ...}}
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from eventlog.feed import PositionSource
from eventlog.partition import partition_of
from eventlog.progress import Progress
from eventlog.record import Recorded, prepare, seal
from lienthong.log.v1.record_pb2 import Origin

from views import folding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from views.view import Key, View

_FIRST_MICROS = 1_700_000_000_000_000  # the time of the first record; each later one is a second later


class MemoryLog:
    """A log that lives as long as the test: Readable, with a source, heads and streams."""

    def __init__(self, log: str, partitions: int = 1) -> None:
        self.log = log
        self.partitions = partitions
        self.progress = Progress([0] * partitions)
        self.source = PositionSource(log, partitions, self, self.progress)
        self._lock = threading.Lock()
        self._partitions: list[list[Recorded]] = [[] for _ in range(partitions)]
        self._versions: dict[str, int] = {}

    def append(self, stream: str, event: Message, origin: Origin | None = None) -> Recorded:
        """Record an event and wake the followers."""
        sealable = prepare(stream, event, (origin or Origin()).SerializeToString(), b"")
        with self._lock:
            partition = partition_of(stream, self.partitions)
            version = self._versions[stream] = self._versions.get(stream, 0) + 1
            position = len(self._partitions[partition])
            micros = _FIRST_MICROS + sum(map(len, self._partitions)) * 1_000_000
            record = seal(self.log, partition, position, stream, version, micros, sealable)
            self._partitions[partition].append(record)
        self.progress.moved(partition, position + 1)
        return record

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """Return at most `limit` records of a partition, from `position` on."""
        return self._partitions[partition][position : position + limit]

    def read_stream(self, stream: str, from_version: int = 1, limit: int = 1000) -> Sequence[Recorded]:
        """Return at most `limit` records of a stream, from `from_version` on."""
        partition = self._partitions[partition_of(stream, self.partitions)]
        own = [record for record in partition if record.stream == stream and record.version >= from_version]
        return own[:limit]

    def heads(self) -> Sequence[int]:
        """Return for each partition how many records it holds."""
        return [len(partition) for partition in self._partitions]

    def records(self) -> list[Recorded]:
        """Return all records, partition by partition."""
        return [record for partition in self._partitions for record in partition]


def rows_of(view: View, records: Sequence[Recorded]) -> dict[Key, dict[str, Any]]:
    """Fold records one by one into an empty view and return its rows by key; raises what `keys` or `fold` raise."""
    rows: dict[Key, dict[str, Any]] = {}
    for record in records:
        changed, failures = folding.fold(view, folding.plan(view, [record]), rows, ())
        for _, error in failures:
            raise error
        for key, row in changed.items():
            if row is None:
                rows.pop(key, None)
            else:
                rows[key] = row
    return rows
