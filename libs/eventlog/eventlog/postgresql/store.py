"""The store on PostgreSQL: one schema, any number of processes, a connection for each lane and a few for readers.

The tables are made by `eventlog.postgresql.migrate`, as their owner. The store works under the log's role, which may
insert and read records, and can neither change nor delete them, whoever's URL it was given.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

from eventlog.errors import LogWentBack, RequestReused, StoreMismatch, StoreUnavailable
from eventlog.partition import partition_of
from eventlog.plan import Answered, Planner
from eventlog.postgresql.address import log_url, shown
from eventlog.postgresql.connecting import PATIENCE, connect, unavailable
from eventlog.postgresql.lane import Lane, key
from eventlog.postgresql.names import Names
from eventlog.postgresql.pool import Pool
from eventlog.postgresql.revision import check_revision
from eventlog.record import Recorded
from eventlog.schema import place, split
from eventlog.store import Append, Appended, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.errors import Refused

_log = logging.getLogger(__name__)
_LANES, _READERS = 4, 8
_TRIES = 5  # of a batch that met another one with the same request, in other partitions
_COLUMNS = "SELECT place, stream, version, type_name, data FROM log_records"
_READ = f"{_COLUMNS} WHERE place >= %s AND place < %s ORDER BY place LIMIT %s"
_READ_STREAM = f"{_COLUMNS} WHERE stream = %s AND version >= %s ORDER BY version LIMIT %s"
_READ_REQUEST = "SELECT fingerprint, place, count FROM log_requests WHERE id = %s"
_HEADS = "SELECT size FROM log_heads ORDER BY partition"


class PostgresqlStore:
    """A log in a PostgreSQL database. NotMigrated and StoreMismatch when the database does not hold this one."""

    def __init__(
        self, url: str, log: str, partitions: int, now: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self.log = log
        self.partitions = partitions
        self.lanes = min(_LANES, partitions)
        self._names = Names(log)
        self._now = now
        check_revision(url, self._names)
        self._url = log_url(url, log)
        self._readers = Pool(self._url, _READERS)
        self._lanes: list[Lane | None] = [None] * self.lanes
        self._locks = [threading.Lock() for _ in range(self.lanes)]
        self._known = [0] * partitions  # heads that were committed; a log never has less
        self._went_back: LogWentBack | None = None
        self._closed = False
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    @property
    def failed(self) -> LogWentBack | None:
        """See `eventlog.store.Store.failed`."""
        return self._went_back

    def append(self, batch: Sequence[Append]) -> Sequence[Appended | Refused]:
        """See `eventlog.store.Store.append`. A batch may also be of several lanes.

        Raises LogWentBack, once and for ever, when the log is shorter than it was: positions that were given out and
        published would be given out again, with other content.
        """
        number = partition_of(batch[0].stream, self.partitions) % self.lanes
        with self._locks[number], unavailable(self._url):
            for _ in range(_TRIES):
                try:
                    return self._append(number, batch)
                except psycopg.errors.UniqueViolation:  # a request was answered meanwhile, in another partition
                    continue
        raise StoreUnavailable("the batch's requests are answered elsewhere all the time")

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """See `eventlog.store.Store.read`."""
        log, first = self.log, place(partition, 0)
        return [
            Recorded(log, partition, at - first, stream, version, type_name, data)
            for at, stream, version, type_name, data in self._rows(
                _READ, (place(partition, max(position, 0)), place(partition + 1, 0), limit)
            )
        ]

    def read_stream(self, stream: str, from_version: int = 1, limit: int = 1000) -> Sequence[Recorded]:
        """See `eventlog.store.Store.read_stream`."""
        return self._records(_READ_STREAM, (stream, from_version, limit))

    def read_request(self, request: Request) -> Sequence[Recorded]:
        """See `eventlog.store.Store.read_request`."""
        for fingerprint, at, count in self._rows(_READ_REQUEST, (key(request.id),)):
            if fingerprint != request.fingerprint:
                raise RequestReused(request.id)
            return self._records(_READ, (at, at + count, count))
        return ()

    def heads(self) -> Sequence[int]:
        """See `eventlog.store.Store.heads`. LogWentBack as in `append`."""
        known = list(self._known)
        sizes = {partition: size for partition, (size,) in enumerate(self._rows(_HEADS, ()))}
        self._must_not_go_back(known, sizes)
        self._note(sizes)
        return list(sizes.values())

    def close(self) -> None:
        """See `eventlog.store.Store.close`."""
        self._closed = True
        self._readers.close()
        for number, lock in enumerate(self._locks):
            with lock:
                self._drop(number)

    def _append(self, number: int, batch: Sequence[Append]) -> Sequence[Appended | Refused]:
        known = list(self._known)
        try:
            lane = self._lane(number)
            heads, versions, seen = lane.begin(batch, self.partitions)
            plan = Planner(self.log, self.partitions, heads, self._now).plan(batch, versions, seen)
            self._must_not_go_back(known, {partition: heads[partition].size for partition in plan.heads})
            earlier = lane.commit(plan)
        except BaseException:
            self._drop(number)
            raise
        self._note({partition: head.size for partition, head in plan.heads.items()})
        return [
            Appended(_of(answer, earlier), repeated=True) if isinstance(answer, Answered) else answer
            for answer in plan.answers
        ]

    def _must_not_go_back(self, known: Sequence[int], sizes: Mapping[int, int]) -> None:
        """`known` was committed before `sizes` were read."""
        for partition, size in sizes.items():
            if size < known[partition] and self._went_back is None:
                self._went_back = LogWentBack(self.log, partition, known[partition], size)
                _log.error("%s", self._went_back)
        if self._went_back is not None:
            raise self._went_back

    def _note(self, sizes: Mapping[int, int]) -> None:
        for partition, size in sizes.items():
            self._known[partition] = max(self._known[partition], size)

    def _lane(self, number: int) -> Lane:
        lane = self._lanes[number]
        if lane is not None and not lane.is_cut():
            return lane
        self._drop(number)
        if self._closed:
            raise StoreUnavailable(f"log {self.log} is closed")
        lane = self._lanes[number] = Lane(connect(self._url), self.log, self._names.schema, PATIENCE)
        return lane

    def _drop(self, number: int) -> None:
        lane, self._lanes[number] = self._lanes[number], None
        if lane is not None:
            lane.close()

    def _check(self) -> None:
        [(log, partitions)] = self._rows("SELECT log, partitions FROM log_about", ())
        for field, stored, wanted in (("name", log, self.log), ("partitions", partitions, self.partitions)):
            if stored != wanted:
                raise StoreMismatch(shown(self._url), field, stored, wanted)

    def _records(self, statement: str, parameters: tuple[object, ...]) -> list[Recorded]:
        log = self.log
        return [
            Recorded(log, *split(at), stream, version, type_name, data)
            for at, stream, version, type_name, data in self._rows(statement, parameters)
        ]

    def _rows(self, statement: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._readers.connection() as connection:
            cursor = connection.cursor(binary=True, row_factory=tuple_row)
            return cursor.execute(statement.encode(), parameters, prepare=True).fetchall()


def _of(answered: Answered, records: Any) -> list[Recorded]:
    first = place(answered.partition, answered.position)
    return [records[at] for at in range(first, first + answered.count)]
