"""One connection that appends: a batch is two round trips, and one commit.

The first locks the heads of the batch's partitions, in order, and reads what the planner must know; each statement
sees what was committed before it began, so what is read after the lock is true until the commit. The second writes.
The heads' locks go when the commit is visible: that is why positions have no gap for a reader.
"""

from __future__ import annotations

import logging
from struct import Struct
from typing import TYPE_CHECKING, Any

from psycopg import pq

from eventlog.partition import partition_of
from eventlog.plan import Answered, Head, Plan
from eventlog.postgresql.arrays import bigints, blobs, from_bigints, integers, texts
from eventlog.postgresql.wire import Wire, check
from eventlog.record import Recorded
from eventlog.schema import place, split
from eventlog.store import Append, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.pq.abc import PGresult

    from eventlog.postgresql.wire import Step

_log = logging.getLogger(__name__)
_PREPARED = {
    "begin": "BEGIN ISOLATION LEVEL READ COMMITTED",
    "heads": """SELECT partition, size, micros FROM log_heads WHERE partition = ANY ($1::integer[])
        ORDER BY partition FOR NO KEY UPDATE""",
    "versions": """SELECT array_agg(asked.number), array_agg(found.version)
        FROM unnest($1::text[]) WITH ORDINALITY AS asked (stream, number),
        LATERAL (SELECT version FROM log_records WHERE stream = asked.stream ORDER BY version DESC LIMIT 1) AS found""",
    "seen": "SELECT id, fingerprint, place, count FROM log_requests WHERE id = ANY ($1::bytea[])",
    "insert": """INSERT INTO log_records (place, stream, version, type_name, data)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bytea[])""",
    "answer": """INSERT INTO log_requests (id, fingerprint, place, count)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::integer[])""",
    "move": """UPDATE log_heads SET size = moved.size, micros = moved.micros
        FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS moved (partition, size, micros)
        WHERE log_heads.partition = moved.partition""",
    "made": """SELECT place, stream, version, type_name, data
        FROM unnest($1::bigint[], $2::bigint[]) AS asked (first, last),
        LATERAL (SELECT * FROM log_records WHERE place BETWEEN asked.first AND asked.last) AS found""",
    "commit": "COMMIT",
    "tell": "SELECT pg_notify($1::text, $2::text)",
}
_integer, _bigint = Struct(">i").unpack, Struct(">q").unpack


class Lane:
    """Appends over one connection; after any error it must be closed."""

    def __init__(self, connection: psycopg.Connection[Any], log: str, channel: str, patience: float) -> None:
        self._wire = Wire(connection, _PREPARED, patience)
        self._log = log
        self._channel = channel.encode()

    def begin(self, batch: Sequence[Append], partitions: int) -> tuple[list[Head], dict[str, int], dict[str, Answered]]:
        """Begin a transaction and lock; return heads, the versions of the batch's streams, its requests seen."""
        streams = list({append.stream for append in batch})
        ids = {key(append.request.id): append.request.id for append in batch if append.request}
        locked = sorted({partition_of(stream, partitions) for stream in streams})
        steps: list[tuple[str, Sequence[bytes]]] = [
            ("begin", ()),
            ("heads", (integers(locked),)),
            ("versions", (texts(streams),)),
        ]
        if ids:
            steps.append(("seen", (blobs(list(ids)),)))
        results = self._wire.run(steps)
        check(results)
        heads = [Head()] * partitions
        for partition, size, micros in _rows(results[1]):
            heads[_integer(partition)[0]] = Head(_bigint(size)[0], _bigint(micros)[0])
        numbers, latest = (from_bigints(results[2].get_value(0, column)) for column in (0, 1))
        versions = {streams[number - 1]: version for number, version in zip(numbers, latest, strict=True)}
        return heads, versions, _seen(results[3], ids) if ids else {}

    def commit(self, plan: Plan) -> Mapping[int, Recorded]:
        """Write the plan, commit and tell of it; return the earlier records that it answers with, by place.

        Who listens is told in the transaction after it: all that tell wait for each other, until each is on disk.
        """
        earlier = [answer for answer in plan.answers if isinstance(answer, Answered)]
        steps = [*_writing(plan), *_reading(earlier), ("commit", ())]
        results = self._wire.run([*steps, ("tell", (self._channel, _news(plan)))])
        *done, told = results
        check(done)
        if told.status != pq.ExecStatus.TUPLES_OK:
            _log.warning("the commit was not told: %s", told.get_error_message())
        return self._made(results[len(steps) - 2]) if earlier else {}

    def is_cut(self) -> bool:
        """Tell whether the connection was cut while it was idle."""
        return self._wire.is_cut()

    def close(self) -> None:
        """Close the connection; a transaction that is not committed is undone."""
        self._wire.close()

    def _made(self, result: PGresult) -> dict[int, Recorded]:
        made = {}
        for at, stream, version, type_name, data in _rows(result):
            number = _bigint(at)[0]
            made[number] = Recorded(
                self._log, *split(number), stream.decode(), _bigint(version)[0], type_name.decode(), data
            )
        return made


def _writing(plan: Plan) -> Iterator[Step]:
    if plan.records:
        records, heads = plan.records, plan.heads.values()
        yield (
            "insert",
            (
                bigints([place(r.partition, r.position) for r in records]),
                texts([r.stream for r in records]),
                bigints([r.version for r in records]),
                texts([r.type_name for r in records]),
                blobs([r.data for r in records]),
            ),
        )
        yield "move", (integers(list(plan.heads)), bigints([h.size for h in heads]), bigints([h.micros for h in heads]))
    if plan.requests:
        requests = sorted(plan.requests, key=lambda answered: answered.request.id)  # in one order: no deadlock
        yield (
            "answer",
            (
                blobs([key(a.request.id) for a in requests]),
                blobs([a.request.fingerprint for a in requests]),
                bigints([place(a.partition, a.position) for a in requests]),
                integers([a.count for a in requests]),
            ),
        )


def _reading(earlier: Sequence[Answered]) -> Iterator[Step]:
    if earlier:
        first = [place(a.partition, a.position) for a in earlier]
        yield "made", (bigints(first), bigints([at + a.count - 1 for at, a in zip(first, earlier, strict=True)]))


def _news(plan: Plan) -> bytes:
    return ",".join(f"{partition}:{head.size}" for partition, head in plan.heads.items()).encode()


def _seen(result: PGresult, ids: Mapping[bytes, str]) -> dict[str, Answered]:
    return {
        ids[key]: Answered(Request(ids[key], fingerprint), *split(_bigint(at)[0]), _integer(count)[0])
        for key, fingerprint, at, count in _rows(result)
    }


def _rows(result: PGresult) -> Iterator[tuple[bytes, ...]]:
    """Give the rows, none of whose values is NULL."""
    columns = range(result.nfields)
    for row in range(result.ntuples):
        yield tuple(result.get_value(row, column) or b"" for column in columns)


def key(request_id: str) -> bytes:
    """Make a request id, a UUID, 16 bytes instead of 36."""
    return bytes.fromhex(request_id.replace("-", ""))
