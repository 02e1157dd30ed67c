from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from decider.refusal import Kind, Refusal
from grpckit.log_service import MAX_BYTES, MAX_RECORDS, LogService
from lienthong.identity.v1 import system_pb2
from lienthong.log.v1 import log_service_pb2, log_service_pb2_grpc


@dataclass
class Entry:
    data: bytes
    position: int
    version: int


class Memory:
    """A log of one stream in partition 0 of two."""

    log = "identity"
    partitions = 2

    def __init__(self, *data: bytes) -> None:
        self.entries = [Entry(one, number, number + 1) for number, one in enumerate(data)]
        self.grown = asyncio.Event()

    def heads(self) -> Sequence[int]:
        return [len(self.entries), 0]

    def read(self, partition: int, position: int, limit: int) -> Sequence[Entry]:
        return self.entries[position : position + limit] if partition == 0 else []

    def read_stream(self, stream: str, from_version: int, limit: int) -> Sequence[Entry]:
        start = from_version - 1
        return self.entries[start : start + limit] if stream == "agency-H41" else []

    async def wait_beyond(self, partition: int, position: int) -> None:
        while partition != 0 or len(self.entries) <= position:
            await self.grown.wait()


def serving(world: Any, log: Memory) -> Any:
    world.keys.enrol(world.signer, role=system_pb2.SYSTEM_ROLE_AUDITOR, agency="")
    add = log_service_pb2_grpc.add_LogServiceServicer_to_server
    return world.serving([(add, LogService(log, log.wait_beyond))])


async def tail(channel: Any, **fields: Any) -> list[int]:
    stub = log_service_pb2_grpc.LogServiceStub(channel)
    request = log_service_pb2.TailPartitionRequest(**fields)
    return [len(answer.records) async for answer in stub.TailPartition(request)]


async def test_the_heads_tell_the_size_of_each_partition(world: Any) -> None:
    async with serving(world, Memory(b"a", b"b")), world.connect() as channel:
        stub = log_service_pb2_grpc.LogServiceStub(channel)
        heads = await stub.ListHeads(log_service_pb2.ListHeadsRequest())
    assert heads.log == "identity"
    assert [(head.partition, head.size) for head in heads.heads] == [(0, 2), (1, 0)]


async def test_a_stream_is_read_page_by_page(world: Any) -> None:
    log = Memory(*(b"%d" % number for number in range(5)))
    async with serving(world, log), world.connect() as channel:
        stub = log_service_pb2_grpc.LogServiceStub(channel)
        pages, version = [], 0
        while True:
            request = log_service_pb2.ReadStreamRequest(stream="agency-H41", from_version=version, page_size=2)
            page = await stub.ReadStream(request)
            pages.append(list(page.records))
            version = page.next_version
            if not version:
                break
        empty = await stub.ReadStream(log_service_pb2.ReadStreamRequest(stream="none"))
    assert pages == [[b"0", b"1"], [b"2", b"3"], [b"4"]]
    assert not empty.records
    assert empty.next_version == 0


async def test_a_page_of_large_records_ends_early_and_nothing_is_left_out(world: Any) -> None:
    log = Memory(*[bytes(60 * 1024)] * 40)
    async with serving(world, log), world.connect() as channel:
        stub = log_service_pb2_grpc.LogServiceStub(channel)
        page = await stub.ReadStream(log_service_pb2.ReadStreamRequest(stream="agency-H41"))
        sizes = await tail(channel)
    assert page.ByteSize() <= MAX_BYTES + 1024
    assert page.next_version == len(page.records) + 1
    assert (sum(sizes), max(sizes)) == (40, 17)


async def test_a_partition_is_streamed_in_batches_to_its_head(world: Any) -> None:
    log = Memory(*[b"x"] * (MAX_RECORDS + 10))
    async with serving(world, log), world.connect() as channel:
        assert await tail(channel) == [MAX_RECORDS, 10]
        assert await tail(channel, from_position=MAX_RECORDS + 5) == [5]
        assert await tail(channel, partition=1) == []


async def test_a_follower_waits_for_what_comes(world: Any) -> None:
    log = Memory(b"a")
    async with serving(world, log), world.connect() as channel:
        request = log_service_pb2.TailPartitionRequest(follow=True)
        answers: Any = log_service_pb2_grpc.LogServiceStub(channel).TailPartition(request)
        assert list((await anext(answers)).records) == [b"a"]
        log.entries.append(Entry(b"b", 1, 2))
        log.grown.set()
        assert list((await anext(answers)).records) == [b"b"]
        log.grown.clear()
        answers.cancel()


async def test_a_partition_out_of_range_is_refused_and_the_range_named(world: Any) -> None:
    async with serving(world, Memory()), world.connect() as channel:
        with pytest.raises(Refusal) as caught:
            await tail(channel, partition=2)
    assert (caught.value.kind, caught.value.reason) == (Kind.INVALID, "PARTITION_UNKNOWN")
    assert caught.value.en == "The log identity has the partitions 0 to 1."
    assert caught.value.violations[0].field == "partition"


async def test_an_agency_may_not_read_the_log(world: Any) -> None:
    async with serving(world, Memory()), world.connect() as channel:
        world.keys.enrol(world.signer)
        with pytest.raises(Refusal) as caught:
            await tail(channel)
    assert caught.value.reason == "CALLER_NOT_ALLOWED"
