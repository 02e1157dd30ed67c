"""The audit drops a topic's repeats, and finds what is missing from it or is not the store's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from eventlog.record import Recorded, prepare
from eventlog.sqlite_store import SqliteStore
from eventlog.store import Append
from eventlog.topic import Feed, Source
from google.protobuf.wrappers_pb2 import StringValue
from tour.audit import audit_topic


class Told:
    """A topic, a source and a feed that give what they were told, as it stands."""

    log, partitions = "audited", 1

    def __init__(self, records: Sequence[Recorded]) -> None:
        self._left = list(records)

    def source(self, _log: str, _partitions: int) -> Source:
        return self

    def subscribe(self, _name: str, _positions: Mapping[int, int]) -> Feed:
        return self

    def share(self, *_: object) -> Feed:
        return self

    def poll(self, limit: int, _timeout: float) -> Sequence[Recorded]:
        given, self._left = self._left[:limit], self._left[limit:]
        return given

    def publish(self, _records: Sequence[Recorded]) -> None: ...

    def heads(self, _log: str, _partitions: int) -> Sequence[int]:
        return [0]

    def wake(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "log.sqlite", "audited", 1)
    events = [prepare("s", StringValue(value=str(number)), b"", b"") for number in range(6)]
    store.append([Append("s", 0, events, None)])
    yield store
    store.close()


def test_repeats_are_dropped_wherever_they_stand(store: SqliteStore) -> None:
    a, b, c, d, e, f = store.read(0, 0, 10)
    assert audit_topic(store, Told([a, b, a, b, c, d, c, d, e, f, e])).clean


def test_a_record_that_is_missing_is_found(store: SqliteStore) -> None:
    a, b, _, d, e, f = store.read(0, 0, 10)
    assert audit_topic(store, Told([a, b, d, e, f])).topic_differs


def test_a_record_with_other_bytes_is_found(store: SqliteStore) -> None:
    a, b, c, d, e, f = store.read(0, 0, 10)
    other = Recorded(c.log, c.partition, c.position, c.stream, c.version, c.type_name, c.data + b"\0")
    assert audit_topic(store, Told([a, b, other, d, e, f])).topic_differs == 1
