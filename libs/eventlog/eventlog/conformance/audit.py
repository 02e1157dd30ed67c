"""The audit of a whole log: reads all of it and checks what must hold between any two records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog.partition import partition_of
from eventlog.record import Recorded, parse

if TYPE_CHECKING:
    from eventlog.store import Store

_PAGE = 97  # no divisor of anything, so that pages end in odd places


def audit(store: Store) -> list[Recorded]:
    """Check every record of a store against the port's invariants; return all of them by partition and position."""
    everything: list[Recorded] = []
    for partition, size in enumerate(store.heads()):
        found = _partition(store, partition)
        assert [recorded.position for recorded in found] == list(range(size)), "positions have no gap"
        times = [recorded.record.recorded_at.ToNanoseconds() for recorded in found]
        assert times == sorted(times), "time never goes back within a partition"
        everything += found
    _check_streams(store, everything)
    for recorded in everything:
        assert parse(recorded.data) == recorded, "the routing fields repeat what the bytes say"
        assert recorded.log == store.log
        home = partition_of(recorded.stream, store.partitions)
        assert recorded.partition == home, "a stream lives where its name hashes to"
    assert len({recorded.record.id for recorded in everything}) == len(everything), "ids are unique"
    return everything


def _partition(store: Store, partition: int) -> list[Recorded]:
    found: list[Recorded] = []
    while page := store.read(partition, len(found), _PAGE):
        assert len(page) <= _PAGE
        found += page
    return found


def _check_streams(store: Store, everything: list[Recorded]) -> None:
    streams: dict[str, list[Recorded]] = {}
    for recorded in everything:
        streams.setdefault(recorded.stream, []).append(recorded)
    for stream, found in streams.items():
        assert [recorded.version for recorded in found] == list(range(1, len(found) + 1)), "versions have no gap"
        assert list(store.read_stream(stream, 1, len(found) + 1)) == found, "a stream reads as its partition does"
