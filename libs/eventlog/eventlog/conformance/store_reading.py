"""Cases of the store port: reading by position and by version, in pages of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eventlog.conformance.material import append, request, stream_in, texts
from eventlog.conformance.store_port import PARTITIONS, StorePort

if TYPE_CHECKING:
    from pathlib import Path

    from eventlog.store import Store

_COUNT = 25


class ReadCases(StorePort):
    @pytest.fixture
    def streams(self, store: Store) -> list[str]:
        """One stream in each partition, with as many events as `_COUNT`."""
        streams = [stream_in(partition, PARTITIONS) for partition in range(PARTITIONS)]
        store.append([append(stream, 0, *map(str, range(_COUNT))) for stream in streams])
        return streams

    @pytest.mark.parametrize("limit", [1, 2, 7, _COUNT - 1, _COUNT, _COUNT + 1, 10_000])
    def test_pages_of_any_size_give_the_whole_partition(self, store: Store, streams: list[str], limit: int) -> None:
        for partition in range(len(streams)):
            found: list[int] = []
            while page := store.read(partition, len(found), limit):
                assert len(page) <= limit
                assert {recorded.partition for recorded in page} == {partition}
                found += [recorded.position for recorded in page]
            assert found == list(range(_COUNT))

    @pytest.mark.parametrize("limit", [1, 2, 7, _COUNT - 1, _COUNT, _COUNT + 1, 10_000])
    def test_pages_of_any_size_give_the_whole_stream(self, store: Store, streams: list[str], limit: int) -> None:
        for stream in streams:
            found: list[str] = []
            while page := store.read_stream(stream, len(found) + 1, limit):
                assert len(page) <= limit
                found += texts(page)
            assert found == [str(n) for n in range(_COUNT)]

    def test_at_the_head_and_beyond_it_there_is_nothing(self, store: Store, streams: list[str]) -> None:
        for partition in range(len(streams)):
            assert list(store.read(partition, _COUNT, 10)) == []
            assert list(store.read(partition, 2**40, 10)) == []
            assert len(store.read(partition, _COUNT - 1, 10)) == 1

    def test_before_the_beginning_there_is_nothing_of_another_partition(self, store: Store, streams: list[str]) -> None:
        for partition in range(len(streams)):
            assert {recorded.partition for recorded in store.read(partition, -1, 10)} <= {partition}

    def test_a_partition_that_does_not_exist_is_empty(self, store: Store, streams: list[str]) -> None:
        assert list(store.read(len(streams), 0, 10)) == []

    def test_past_its_end_a_stream_is_empty(self, store: Store, streams: list[str]) -> None:
        assert len(store.read_stream(streams[0], _COUNT, 10)) == 1
        assert list(store.read_stream(streams[0], _COUNT + 1, 10)) == []

    def test_a_stream_that_does_not_exist_is_empty(self, store: Store) -> None:
        assert list(store.read_stream("nobody")) == []

    def test_a_stream_is_read_from_its_first_version_on_when_nothing_else_is_said(
        self, store: Store, streams: list[str]
    ) -> None:
        assert texts(store.read_stream(streams[0])) == [str(n) for n in range(_COUNT)]

    def test_a_limit_of_nothing_gives_nothing(self, store: Store, streams: list[str]) -> None:
        assert list(store.read(0, 0, 0)) == []
        assert list(store.read_stream(streams[0], 1, 0)) == []

    def test_names_that_begin_alike_are_different_streams(self, store: Store) -> None:
        store.append([append(name, 0, name) for name in ("a", "aa", "a%", "A", "a ")])
        assert [texts(store.read_stream(name)) for name in ("a", "aa", "a%", "A", "a ")] == [
            ["a"],
            ["aa"],
            ["a%"],
            ["A"],
            ["a "],
        ]

    def test_it_reads_what_another_opening_of_the_same_store_has_written(self, store: Store, tmp_path: Path) -> None:
        other = self.open_store(tmp_path)
        store.append([append("a", 0, "1", request=request("r"))])
        assert texts(other.read_stream("a")) == ["1"]
        other.append([append("a", 1, "2")])
        assert texts(store.read_stream("a")) == ["1", "2"]
        assert list(store.heads()) == list(other.heads())
        other.close()
