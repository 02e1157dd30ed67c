"""The audit drops a topic's repeats, finds what is not the store's, and holds all against one moment of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest
import tour.audit
from eventlog.record import Recorded, prepare
from eventlog.sqlite_store import SqliteStore
from eventlog.store import Append
from eventlog.topic import Feed, Source
from google.protobuf.wrappers_pb2 import StringValue
from tour.audit import Audit, Audited, audit, audit_log, audit_topic


class Told:
    """A topic, a source and a feed that give what they were told, as it stands."""

    log, partitions = "audited", 1
    measured: Mapping[str, str] = MappingProxyType({"messaging.destination.name": "audited"})

    def __init__(self, records: Sequence[Recorded]) -> None:
        self._left = list(records)
        self.published = [len(records)]

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
        return self.published

    def lag(self) -> Mapping[int, int]:
        return {}

    def wake(self) -> None: ...

    def close(self) -> None: ...


class At:
    """Views that stand somewhere, and differ in nothing."""

    def __init__(self, *stands: int) -> None:
        self._stands = stands

    def positions(self) -> Sequence[Mapping[int, int]]:
        return [{0: stand} for stand in self._stands]

    def differences(self) -> int:
        return 0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "log.sqlite", "audited", 1)
    events = [prepare("s", StringValue(value=str(number)), b"", b"") for number in range(6)]
    store.append([Append("s", 0, events, None)])
    yield store
    store.close()


def test_repeats_are_dropped_wherever_they_stand(store: SqliteStore) -> None:
    a, b, c, d, e, f = store.read(0, 0, 10)
    assert audit_topic(store, Told([a, b, a, b, c, d, c, d, e, f, e]), store.heads()).clean


def test_a_record_that_is_missing_is_found(store: SqliteStore) -> None:
    a, b, _, d, e, f = store.read(0, 0, 10)
    assert audit_topic(store, Told([a, b, d, e, f]), store.heads()).topic_differs


def test_a_record_with_other_bytes_is_found(store: SqliteStore) -> None:
    a, b, c, d, e, f = store.read(0, 0, 10)
    other = Recorded(c.log, c.partition, c.position, c.stream, c.version, c.type_name, c.data + b"\0")
    assert audit_topic(store, Told([a, b, other, d, e, f]), store.heads()).topic_differs == 1


def test_what_is_recorded_after_the_audit_began_is_no_gap(store: SqliteStore) -> None:
    assert audit_log(store, [4]) == Audit(records=4)


def test_a_log_that_is_shorter_than_it_said_has_a_gap(store: SqliteStore) -> None:
    assert audit_log(store, [7]) == Audit(records=6, gaps=1)


def test_a_topic_that_has_more_than_the_log_is_found(store: SqliteStore) -> None:
    topic = Told(store.read(0, 0, 10))
    topic.published = [8]
    assert asyncio.run(audit([Audited(store, At(6), topic)])) == Audit(records=6, topic_differs=2)


def test_who_stays_behind_for_too_long_is_a_finding(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour.audit, "SETTLE_SECONDS", 0)
    topic = Told(store.read(0, 0, 3))
    found = asyncio.run(audit([Audited(store, At(6, 5, 2), topic)]))
    assert found == Audit(records=6, views_differ=2, topic_differs=1)


def test_without_a_topic_the_rest_is_audited(store: SqliteStore) -> None:
    assert asyncio.run(audit([Audited(store, At(6), None)])) == Audit(records=6)
