"""Verifying a whole log from its bytes alone: what must hold of any record, and between any two.

In each partition the positions are 0, 1, 2... and time does not go back; in each stream the versions are 1, 2, 3...;
no id is there twice; a stream lives in the partition that its name hashes to; and the bytes are one envelope, which
says of its place what is so, and gives the same bytes when it is written again.

A partition's digest is the root of its RFC 6962 tree (section 2.1): leaf = SHA-256(0x00 || record),
node = SHA-256(0x01 || left || right), and SHA-256 of nothing for an empty one.

It takes about 300 bytes of memory a record.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from eventlog.partition import partition_of
from eventlog.record import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eventlog.record import Recorded

MOST_KEPT = 100
_HASH_BYTES = 32


@dataclass(frozen=True)
class Fault:
    """What does not hold of the record at a place."""

    partition: int
    position: int
    what: str


class Verifying:
    """Takes each partition's records in order; `faults` has the first of what was found, `found` how many it was."""

    def __init__(self, log: str, partitions: int) -> None:
        self.log = log
        self.faults: list[Fault] = []
        self.found = 0
        self._leaves = [bytearray() for _ in range(partitions)]
        self._micros = [0] * partitions
        self._versions: dict[str, int] = {}
        self._ids: set[int] = set()

    @property
    def sizes(self) -> list[int]:
        """How many records of each partition were taken."""
        return [len(leaves) // _HASH_BYTES for leaves in self._leaves]

    def take(self, partition: int, data: bytes) -> Recorded | None:
        """Take a partition's next record, as its bytes; return what they say, None where they are no record."""
        position = len(self._leaves[partition]) // _HASH_BYTES
        self._leaves[partition] += leaf(data)
        try:
            recorded = parse(data)
        except DecodeError:
            self._find(partition, position, "is no record: its bytes cannot be parsed")
            return None
        for what in self._judge(recorded, partition, position):
            self._find(partition, position, what)
        return recorded

    def take_stored(self, stored: Recorded) -> None:
        """Take a record with what a store keeps beside its bytes, which must say the same."""
        partition, position = stored.partition, self.sizes[stored.partition]
        said = self.take(partition, stored.data)
        if said is not None and said != stored:
            self._find(partition, position, "is kept under another place, stream, version or type than its bytes say")

    def ends(self, partition: int, size: int) -> None:
        """Say how many records a partition is told to have; to be called when all were taken."""
        taken = self.sizes[partition]
        if taken != size:
            self._find(partition, taken, f"is missing: the head says {size}")

    def holds(self, partition: int, size: int, published: int) -> None:
        """Say how many records a partition has now, and how many its topic had before that."""
        if published > size:
            self._find(partition, size, f"is in the topic, which has {published}: see `lienthong log recover`")

    def compare(self, partition: int, position: int, data: bytes) -> None:
        """Compare a record taken before with what its topic has."""
        if self._leaf(partition, position) != leaf(data):
            self._find(partition, position, "has other bytes in the topic than in the log")

    def absent(self, partition: int, wanted: Mapping[int, int]) -> None:
        """Say that the topic lacks the record that comes next in a partition, and has later ones, or says so."""
        self._find(partition, wanted[partition], "is missing in the topic: delete the topic, its relay publishes anew")

    def root(self, partition: int) -> bytes:
        """Return the root of a partition's tree."""
        nodes: list[tuple[int, bytes]] = []  # subtrees from left to right: how many leaves, root
        for position in range(self.sizes[partition]):
            nodes.append((1, self._leaf(partition, position)))
            while len(nodes) > 1 and nodes[-2][0] == nodes[-1][0]:
                _join(nodes)
        while len(nodes) > 1:
            _join(nodes)
        return nodes[0][1] if nodes else hashlib.sha256().digest()

    def _leaf(self, partition: int, position: int) -> bytes:
        return bytes(self._leaves[partition][position * _HASH_BYTES : (position + 1) * _HASH_BYTES])

    def _judge(self, recorded: Recorded, partition: int, position: int) -> Iterator[str]:
        if (recorded.log, recorded.partition, recorded.position) != (self.log, partition, position):
            yield f"says of itself that it is {recorded.log}/{recorded.partition} position {recorded.position}"
        if partition_of(recorded.stream, len(self._leaves)) != partition:
            yield f"is of stream {recorded.stream}, which belongs to another partition"
        version = self._versions.get(recorded.stream, 0) + 1
        if recorded.version != version:
            yield f"is version {recorded.version} of {recorded.stream}, where {version} comes next"
        self._versions[recorded.stream] = recorded.version
        if recorded.micros < self._micros[partition]:
            yield "was recorded before the record in front of it"
        self._micros[partition] = recorded.micros
        if recorded.record.SerializeToString() != recorded.data:
            yield "gives other bytes when its envelope is written again"
        yield from self._judge_id(recorded.record.id)

    def _judge_id(self, text: str) -> Iterator[str]:
        try:
            number = uuid.UUID(text).int
        except ValueError:
            yield "has an id that is no UUID"
            return
        if number in self._ids:
            yield f"has the id {text}, which another record has too"
        self._ids.add(number)

    def _find(self, partition: int, position: int, what: str) -> None:
        self.found += 1
        if len(self.faults) < MOST_KEPT:
            self.faults.append(Fault(partition, position, what))


def leaf(data: bytes) -> bytes:
    """Hash a record's bytes as a leaf of its partition's tree."""
    return hashlib.sha256(b"\0" + data).digest()


def _join(nodes: list[tuple[int, bytes]]) -> None:
    (left_size, left), (right_size, right) = nodes[-2:]
    nodes[-2:] = [(left_size + right_size, hashlib.sha256(b"\1" + left + right).digest())]
