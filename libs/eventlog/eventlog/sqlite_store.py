"""The store on SQLite: one file, WAL, synchronous=FULL, one lane.

The schema and the DDL are SQLAlchemy's; the hot statements are written for the driver, and for its habit of letting
go of the interpreter's lock at each row: many rows go in by one statement, and come out as one row of JSON, or else
every row would wait for its turn behind the event loop (measured: three times slower).
"""

from __future__ import annotations

import json
import sqlite3
import time
from typing import TYPE_CHECKING

from eventlog import schema
from eventlog.errors import RequestReused, StoreMismatch, StoreUnavailable
from eventlog.plan import Answered, Head, Plan, Planner
from eventlog.record import Recorded
from eventlog.schema import place, split
from eventlog.sqlite import SqliteFile, create_tables, insert_rows
from eventlog.store import Append, Appended, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from eventlog.errors import Refused

_HEADS = "SELECT json_group_array(json_array(size, micros)) FROM (SELECT * FROM log_heads ORDER BY partition)"
_VERSIONS = """SELECT json_group_object(stream, version) FROM (
    SELECT s.value AS stream, (SELECT max(version) FROM log_records WHERE stream = s.value) AS version
    FROM json_each(?) AS s) WHERE version IS NOT NULL"""
_SEEN = "SELECT id, fingerprint, place, count FROM log_requests WHERE id IN (%s)"
_INSERT = "INSERT INTO log_records (place, stream, version, type_name, data) VALUES "
_ANSWER = "INSERT INTO log_requests (id, fingerprint, place, count) VALUES "
_MOVE = "UPDATE log_heads SET size = ?, micros = ? WHERE partition = ?"
_COLUMNS = "SELECT place, stream, version, type_name, data FROM log_records"
_READ = f"{_COLUMNS} WHERE place >= ? AND place < ? ORDER BY place LIMIT ?"
_READ_STREAM = f"{_COLUMNS} WHERE stream = ? AND version >= ? ORDER BY version LIMIT ?"


class SqliteStore:
    """A log in one SQLite file; StoreMismatch when the file holds another one."""

    lanes = 1

    def __init__(
        self, path: Path, log: str, partitions: int, now: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self.log = log
        self.partitions = partitions
        self._now = now
        self.file = SqliteFile(path, "FULL")
        try:
            with self.file.write() as connection:
                create_tables(connection, schema.metadata)
                self._claim(connection)
        except BaseException:
            self.file.close()
            raise

    @property
    def failed(self) -> None:
        """See `eventlog.store.Store.failed`: nobody else writes the file, so nothing is lost behind its back."""

    def append(self, batch: Sequence[Append]) -> Sequence[Appended | Refused]:
        """See `eventlog.store.Store.append`."""
        with self.file.write() as connection:
            plan = self._planned(connection, batch)
            insert_rows(
                connection,
                _INSERT,
                [(place(r.partition, r.position), r.stream, r.version, r.type_name, r.data) for r in plan.records],
            )
            insert_rows(
                connection,
                _ANSWER,
                [
                    (_key(a.request.id), a.request.fingerprint, place(a.partition, a.position), a.count)
                    for a in plan.requests
                ],
            )
            connection.executemany(_MOVE, [(h.size, h.micros, p) for p, h in plan.heads.items()])
            return [
                Appended(self._made(connection, answer), repeated=True) if isinstance(answer, Answered) else answer
                for answer in plan.answers
            ]

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """See `eventlog.store.Store.read`."""
        return self._query(_READ, (place(partition, max(position, 0)), place(partition + 1, 0), limit))

    def read_stream(self, stream: str, from_version: int = 1, limit: int = 1000) -> Sequence[Recorded]:
        """See `eventlog.store.Store.read_stream`."""
        return self._query(_READ_STREAM, (stream, from_version, limit))

    def read_request(self, request: Request) -> Sequence[Recorded]:
        """See `eventlog.store.Store.read_request`."""
        connection = self.file.reader()
        try:
            answered = _seen(connection, [request.id]).get(request.id)
            if answered is None:
                return ()
            if answered.request != request:
                raise RequestReused(request.id)
            return self._made(connection, answered)
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"{self.file.path.name}: {error}") from error

    def heads(self) -> Sequence[int]:
        """See `eventlog.store.Store.heads`."""
        rows = self._rows("SELECT size FROM log_heads ORDER BY partition", ())
        return [int(str(size)) for (size,) in rows]

    def close(self) -> None:
        """See `eventlog.store.Store.close`."""
        self.file.close()

    def _claim(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("SELECT log, partitions, schema_version FROM log_about").fetchone()
        wanted = (self.log, self.partitions, schema.VERSION)
        if found is None:
            connection.execute("INSERT INTO log_about VALUES (?, ?, ?)", wanted)
            connection.executemany("INSERT INTO log_heads VALUES (?, 0, 0)", [(p,) for p in range(self.partitions)])
            return
        for field, stored, asked in zip(("name", "partitions", "schema version"), found, wanted, strict=True):
            if stored != asked:
                raise StoreMismatch(str(self.file.path), field, stored, asked)

    def _planned(self, connection: sqlite3.Connection, batch: Sequence[Append]) -> Plan:
        heads = [Head(size, micros) for size, micros in json.loads(_one(connection, _HEADS))]
        streams = json.dumps(list({append.stream for append in batch}))
        versions = json.loads(_one(connection, _VERSIONS, streams))
        seen = _seen(connection, [append.request.id for append in batch if append.request])
        return Planner(self.log, self.partitions, heads, self._now).plan(batch, versions, seen)

    def _made(self, connection: sqlite3.Connection, answered: Answered) -> list[Recorded]:
        start = place(answered.partition, answered.position)
        return self._recorded(connection.execute(_READ, (start, start + answered.count, answered.count)))

    def _query(self, statement: str, parameters: tuple[object, ...]) -> list[Recorded]:
        return self._recorded(self._rows(statement, parameters))

    def _rows(self, statement: str, parameters: tuple[object, ...]) -> list[tuple[object, ...]]:
        try:
            return self.file.reader().execute(statement, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"{self.file.path.name}: {error}") from error

    def _recorded(self, rows: Iterable[tuple[object, ...]]) -> list[Recorded]:
        return [
            Recorded(self.log, *split(at), stream, version, type_name, data)  # type: ignore[arg-type]
            for at, stream, version, type_name, data in rows
        ]


def _one(connection: sqlite3.Connection, statement: str, *parameters: str) -> str:
    text: str = connection.execute(statement, parameters).fetchone()[0]
    return text


def _seen(connection: sqlite3.Connection, ids: list[str]) -> dict[str, Answered]:
    keys = {_key(id_): id_ for id_ in ids}
    asked = list(keys)
    asked += asked[-1:] * ((1 << len(asked).bit_length()) - len(asked))  # few texts, as in `insert_rows`
    rows = connection.execute(_SEEN % ",".join("?" * len(asked)), asked)
    return {
        keys[key]: Answered(Request(keys[key], fingerprint), *split(at), count) for key, fingerprint, at, count in rows
    }


def _key(request_id: str) -> bytes:
    """Make a request id, a UUID, 16 bytes instead of 36: its index is hit at random and should be small."""
    return bytes.fromhex(request_id.replace("-", ""))
