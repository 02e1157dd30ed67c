"""The audit of a whole log: reads all of it and checks what must hold between any two records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog.verifying import Verifying

if TYPE_CHECKING:
    from eventlog.record import Recorded
    from eventlog.store import Store

_PAGE = 97  # no divisor of anything, so that pages end in odd places


def audit(store: Store) -> list[Recorded]:
    """Check every record of a store against the port's invariants; return all of them by partition and position."""
    everything: list[Recorded] = []
    verifying = Verifying(store.log, store.partitions)
    for partition, size in enumerate(store.heads()):
        found = _partition(store, partition)
        for recorded in found:
            verifying.take_stored(recorded)
        verifying.ends(partition, size)
        everything += found
    assert not verifying.found, verifying.faults
    _check_streams(store, everything)
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
        assert list(store.read_stream(stream, 1, len(found) + 1)) == found, "a stream reads as its partition does"
