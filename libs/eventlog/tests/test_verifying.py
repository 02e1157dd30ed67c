"""A log is verified from its bytes, and whatever is wrong with one record is found there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from eventlog.conformance.material import START, sealable, stream_in
from eventlog.partition import partition_of
from eventlog.record import Recorded, parse, seal
from eventlog.verifying import MOST_KEPT, Verifying, leaf
from lienthong.log.v1.record_pb2 import Record

LOG, PARTITIONS = "verified", 2


def history(count: int = 6) -> list[Recorded]:
    """Make a sound partition: two streams, in turns."""
    streams = [name for name in (f"stream-{n}" for n in range(99)) if partition_of(name, PARTITIONS) == 0][:2]
    return [
        seal(LOG, 0, at, streams[at % 2], at // 2 + 1, START + at, sealable(streams[at % 2], f"{at}"))
        for at in range(count)
    ]


def verified(records: list[bytes]) -> Verifying:
    verifying = Verifying(LOG, PARTITIONS)
    for data in records:
        verifying.take(0, data)
    return verifying


def test_a_sound_log_has_no_fault() -> None:
    verifying = verified([each.data for each in history()])
    verifying.ends(0, 6)
    verifying.ends(1, 0)
    assert (verifying.found, verifying.sizes) == (0, [6, 0])


def _changed(data: bytes, change: Callable[[Record], object]) -> bytes:
    record = Record.FromString(data)
    change(record)
    return record.SerializeToString()


_CHANGES: dict[str, tuple[Callable[[Record], object], str]] = {
    "position": (lambda r: setattr(r, "position", 9), "says of itself that it is verified/0 position 9"),
    "partition": (lambda r: setattr(r, "partition", 1), "says of itself that it is verified/1"),
    "log": (lambda r: setattr(r, "log", "other"), "says of itself that it is other/0"),
    "version": (lambda r: setattr(r, "version", 7), "is version 7 of"),
    "stream": (lambda r: setattr(r, "stream", stream_in(1, PARTITIONS)), "belongs to another partition"),
    "time": (lambda r: setattr(r.recorded_at, "seconds", 1), "was recorded before"),
    "id": (lambda r: setattr(r, "id", "x"), "no UUID"),
}


@pytest.mark.parametrize("what", _CHANGES)
def test_a_record_that_was_changed_is_found_where_it_stands(what: str) -> None:
    change, told = _CHANGES[what]
    records = [each.data for each in history()]
    records[3] = _changed(records[3], change)
    faults = verified(records).faults
    assert (faults[0].partition, faults[0].position) == (0, 3)
    assert told in faults[0].what


def test_an_id_that_is_there_twice_is_found() -> None:
    records = [each.data for each in history()]
    records[4] = _changed(records[4], lambda r: setattr(r, "id", parse(records[1]).record.id))
    [fault] = verified(records).faults
    assert fault.position == 4
    assert "which another record has too" in fault.what


def test_a_missing_record_and_a_missing_end_are_found() -> None:
    records = [each.data for each in history()]
    assert verified(records[:2] + records[3:]).faults[0].position == 2
    verifying = verified(records)
    verifying.ends(0, 8)
    assert [(each.position, each.what) for each in verifying.faults] == [(6, "is missing: the head says 8")]


def test_bytes_that_are_no_envelope_or_another_spelling_of_one_are_found() -> None:
    records = [each.data for each in history()]
    assert "cannot be parsed" in verified([b"\xff\xff"]).faults[0].what
    spelt = records[0] + b"\x0a\x08verified"  # the log's name once more: the same envelope, other bytes
    assert "other bytes when its envelope is written again" in verified([spelt]).faults[0].what


def test_what_a_store_keeps_beside_the_bytes_must_say_the_same() -> None:
    [stored] = history(1)
    verifying = Verifying(LOG, PARTITIONS)
    verifying.take_stored(Recorded(LOG, 0, 0, stored.stream, 1, "another.Type", stored.data))
    assert "is kept under another" in verifying.faults[0].what


def test_what_the_topic_has_otherwise_is_found() -> None:
    records = [each.data for each in history(3)]
    verifying = verified(records)
    verifying.compare(0, 1, records[1])
    assert not verifying.found
    verifying.compare(0, 1, records[2])
    verifying.holds(0, 3, 3)
    verifying.holds(0, 3, 4)
    verifying.absent(0, {0: 2})
    assert [each.position for each in verifying.faults] == [1, 3, 2]


def test_the_digest_is_the_root_of_an_rfc_6962_tree() -> None:
    """The tree over 7 leaves, as the RFC draws it in section 2.1.3."""
    records = [each.data for each in history(7)]
    leaves = [leaf(each) for each in records]

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\1" + left + right).digest()

    a, b, c, d, e, f, j = leaves
    g, h, i = node(a, b), node(c, d), node(e, f)
    assert verified(records).root(0) == node(node(g, h), node(i, j))
    assert verified(records[:1]).root(0) == a
    assert verified([]).root(0) == hashlib.sha256(b"").digest()


def test_only_the_first_faults_are_kept_and_all_are_counted() -> None:
    verifying = verified([b"\xff"] * (MOST_KEPT + 5))
    assert (len(verifying.faults), verifying.found) == (MOST_KEPT, MOST_KEPT + 5)
