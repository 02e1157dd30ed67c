"""Cases of the store port: what an append does, and what it does not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from eventlog.conformance.audit import audit
from eventlog.conformance.material import CAUSE, ORIGIN, START, Clock, append, made, request, stream_in, texts
from eventlog.conformance.store_port import LOG, PARTITIONS, StorePort
from eventlog.errors import Conflict, RecordTooLarge, StoreMismatch, StoreUnavailable
from eventlog.partition import partition_of
from eventlog.record import MAX_RECORD_BYTES, parse, prepare
from eventlog.store import Append

if TYPE_CHECKING:
    from pathlib import Path

    from eventlog.store import Store

_BIG = ["x" * 50_000] * 40  # more than the megabyte that `without_room` refuses


class AppendCases(StorePort):
    def test_a_new_log_is_empty(self, store: Store) -> None:
        assert list(store.heads()) == [0] * PARTITIONS
        assert (store.log, store.partitions) == (LOG, PARTITIONS)
        assert 1 <= store.lanes <= PARTITIONS

    def test_positions_begin_at_0_and_versions_at_1_and_both_count_on(self, store: Store) -> None:
        first = made(store.append([append("a", 0, "1", "2")])[0])
        second = made(store.append([append("a", 2, "3")])[0])
        assert [(r.position, r.version) for r in [*first, *second]] == [(0, 1), (1, 2), (2, 3)]
        assert {r.partition for r in [*first, *second]} == {partition_of("a", PARTITIONS)}

    def test_each_partition_counts_by_itself(self, store: Store) -> None:
        for partition in range(PARTITIONS):
            [record] = made(store.append([append(stream_in(partition, PARTITIONS), 0, "1")])[0])
            assert (record.partition, record.position) == (partition, 0)
        assert list(store.heads()) == [1] * PARTITIONS

    def test_what_is_answered_is_what_is_read_byte_by_byte(self, store: Store) -> None:
        answered = made(store.append([append("a", 0, "một", "hai", "")])[0])
        found = store.read_stream("a")
        assert list(found) == list(answered)
        assert list(store.read(answered[0].partition, 0, 10)) == list(answered)
        assert [parse(r.data) for r in found] == list(answered)
        assert texts(found) == ["một", "hai", ""]
        assert found[0].record.origin.SerializeToString() == ORIGIN
        assert found[0].record.cause.SerializeToString() == CAUSE

    @pytest.mark.parametrize("stream", ["x", 'quote"d', "it's", "văn bản", "back\\slash", "%s?:1", "🇻🇳", "ă" * 100])
    def test_a_stream_may_have_any_name(self, store: Store, stream: str) -> None:
        made(store.append([append(stream, 0, "1")])[0])
        made(store.append([append(stream, 1, "2")])[0])
        assert [r.stream for r in store.read_stream(stream)] == [stream] * 2

    @pytest.mark.parametrize("expected", [0, 1, 3, 1000, -1])
    def test_an_append_at_any_version_but_the_last_is_refused(self, store: Store, expected: int) -> None:
        store.append([append("a", 0, "1", "2")])
        [answer] = store.append([append("a", expected, "3")])
        assert isinstance(answer, Conflict)
        assert (answer.stream, answer.expected, answer.actual) == ("a", expected, 2)
        assert texts(store.read_stream("a")) == ["1", "2"]

    def test_a_stream_that_does_not_exist_is_at_version_0(self, store: Store) -> None:
        [answer] = store.append([append("a", 1, "1")])
        assert isinstance(answer, Conflict)
        assert answer.actual == 0

    def test_a_conflict_spoils_nothing_of_the_others_in_the_batch(self, store: Store) -> None:
        first, conflict, other, last = store.append(
            [append("a", 0, "1"), append("a", 0, "lost"), append("b", 0, "1"), append("a", 1, "2")]
        )
        assert isinstance(conflict, Conflict)
        assert [len(made(answer)) for answer in (first, other, last)] == [1, 1, 1]
        assert texts(store.read_stream("a")) == ["1", "2"]

    def test_a_batch_of_losers_only_is_answered(self, store: Store) -> None:
        answers = store.append([append("a", 7, "1"), append("b", 7, "1")])
        assert [type(answer) for answer in answers] == [Conflict, Conflict]

    def test_an_append_sees_those_before_it_in_the_batch(self, store: Store) -> None:
        answers = store.append([append("a", version, str(version)) for version in range(200)])
        assert [r.version for answer in answers for r in made(answer)] == list(range(1, 201))

    def test_events_of_one_append_stand_side_by_side(self, store: Store) -> None:
        other = next(n for n in map(str, range(1000)) if partition_of(n, PARTITIONS) == partition_of("a", PARTITIONS))
        answers = store.append([append("a", 0, *"12345"), append(other, 0, "1"), append("a", 5, *"678")])
        assert [[r.position for r in made(answer)] for answer in answers] == [[0, 1, 2, 3, 4], [5], [6, 7, 8]]

    def test_time_is_the_clocks(self, store: Store, clock: Clock) -> None:
        clock.micros = START + 1_234_567
        [record] = made(store.append([append("a", 0, "1")])[0])
        assert record.record.recorded_at.ToMicroseconds() == START + 1_234_567

    def test_time_never_goes_back_when_the_clock_does(self, store: Store, clock: Clock, tmp_path: Path) -> None:
        store.append([append("a", 0, "1")])
        clock.micros = START - 60_000_000
        [within] = made(store.append([append("a", 1, "2")])[0])
        assert within.record.recorded_at.ToMicroseconds() == START
        again = self.open_store(tmp_path, now=Clock(START - 3_600_000_000))
        [reopened] = made(again.append([append("a", 2, "3")])[0])
        assert reopened.record.recorded_at.ToMicroseconds() == START
        again.close()

    def test_the_largest_event_is_stored_and_a_larger_one_is_refused_before_the_store(self, store: Store) -> None:
        stream = "s" * 200
        size = MAX_RECORD_BYTES - 700
        with suppress(RecordTooLarge):
            while True:
                largest = prepare(stream, StringValue(value="x" * size), ORIGIN, CAUSE)
                size += 1
        [record] = made(store.append([Append(stream, 0, [largest], None)])[0])
        assert MAX_RECORD_BYTES - 200 < len(record.data) <= MAX_RECORD_BYTES
        assert list(store.read_stream(stream)) == [record]

    def test_reopened_it_is_the_same(self, store: Store, tmp_path: Path) -> None:
        store.append([append(f"s-{n}", 0, "1", "2") for n in range(50)])
        before = audit(store)
        again = self.open_store(tmp_path)
        assert list(again.heads()) == list(store.heads())
        assert audit(again) == before
        made(again.append([append("s-0", 2, "3")])[0])
        again.close()

    def test_a_store_of_another_log_is_not_opened(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(StoreMismatch) as mismatch:
            self.open_store(tmp_path, log="another")
        assert (mismatch.value.stored, mismatch.value.wanted) == (store.log, "another")

    @pytest.mark.parametrize("partitions", [PARTITIONS - 1, PARTITIONS + 1])
    def test_a_store_with_another_number_of_partitions_is_not_opened(
        self, store: Store, tmp_path: Path, partitions: int
    ) -> None:
        with pytest.raises(StoreMismatch) as mismatch:
            self.open_store(tmp_path, partitions=partitions)
        assert (mismatch.value.stored, mismatch.value.wanted) == (store.partitions, partitions)

    def test_a_commit_that_fails_stores_nothing_and_the_next_one_is_made(self, store: Store) -> None:
        small, big = request("small"), request("big")
        batch = [append("a", 0, "1", request=small), append("b", 0, *_BIG, request=big)]
        heads = list(store.heads())
        with self.without_room(store):
            for _ in range(3):
                with pytest.raises(StoreUnavailable):
                    store.append(batch)
            assert list(store.heads()) == heads
            assert [*store.read_stream("a"), *store.read_stream("b")] == []
            assert [*store.read_request(small), *store.read_request(big)] == []
        one, many = store.append(batch)
        assert (len(made(one)), len(made(many))) == (1, len(_BIG))
