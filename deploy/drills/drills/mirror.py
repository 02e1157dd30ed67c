"""A log as its readers see it through LogService: read on from where it was read before, and judged record by record.

What was once read must stay: a log that holds less after a kill than before has lost something.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from docexchange_service.views import VIEWS
from eventlog.record import Recorded, parse
from lienthong.log.v1 import log_service_pb2, log_service_pb2_grpc

from drills.finding import must
from drills.ledger import Ledger

_INBOX = next(view for view in VIEWS if view.name == "inbox")
Row = tuple[str, str]  # recipient, document
Place = tuple[int, int]  # partition, position


class Mirror:
    """One log: digests of its records, where each request stands, and what the inboxes must show."""

    def __init__(self, log: str, partitions: int) -> None:
        self.log = log
        self.digests: list[list[bytes]] = [[] for _ in range(partitions)]
        self.requests: dict[str, Place] = {}
        self.inbox: dict[Row, Place] = {}
        self.attachments: set[bytes] = set()  # SHA-256 of those that the log says were stored
        self.types: Counter[str] = Counter()
        self._versions: dict[str, int] = {}

    @property
    def size(self) -> int:
        """How many records were read."""
        return sum(map(len, self.digests))

    async def catch_up(self, channel: Any) -> None:
        """Read what is new, and that what was read last is still as it was."""
        stub = log_service_pb2_grpc.LogServiceStub(channel)
        heads = (await stub.ListHeads(log_service_pb2.ListHeadsRequest())).heads
        must(len(heads) == len(self.digests), f"{self.log} has {len(heads)} partitions")
        for partition, digests in enumerate(self.digests):
            must(heads[partition].size >= len(digests), f"{self.log}/{partition} lost its end")
            again = max(len(digests) - 1, 0)
            request = log_service_pb2.TailPartitionRequest(partition=partition, from_position=again)
            async for answer in stub.TailPartition(request):
                for data in answer.records:
                    self._take(parse(data), partition)
                await asyncio.sleep(0)

    def holds(self, ledger: Ledger, known: Mapping[str, Place]) -> None:
        """Check that each acknowledged request stands once where it was told, and no refused one anywhere."""
        for request_id, place in known.items():
            found, command = self.requests.get(request_id), ledger.acknowledged[request_id].command
            must(found == place, f"{self.log}: {command.rpc} {request_id} was told {place}, the log has {found}")
        refused = ledger.refused.keys() & self.requests.keys()
        must(not refused, f"{self.log}: refused, and done all the same: {refused}")
        nothing = ledger.nothing_happened & self.requests.keys()
        must(not nothing, f"{self.log}: told that nothing happened, and done all the same: {nothing}")

    def _take(self, recorded: Recorded, partition: int) -> None:
        digests, digest = self.digests[partition], hashlib.sha256(recorded.data).digest()
        place = (recorded.partition, recorded.position)
        if place == (partition, len(digests) - 1):
            must(digest == digests[-1], f"{self.log}/{place} is no more what it was")
            return
        must(place == (partition, len(digests)), f"{self.log}/{partition}: {place} came after {len(digests) - 1}")
        version = self._versions.get(recorded.stream, 0) + 1
        must(recorded.version == version, f"{self.log}/{place}: version {recorded.version} where {version} is next")
        self._versions[recorded.stream] = version
        digests.append(digest)
        self._note(recorded, place)

    def _note(self, recorded: Recorded, place: Place) -> None:
        request_id = recorded.record.origin.request_id
        if request_id:
            must(request_id not in self.requests, f"{self.log}: {request_id} was done twice, the second time {place}")
            self.requests[request_id] = place
        self.types[recorded.type_name.rpartition(".")[2]] += 1
        if recorded.type_name in _INBOX.types:
            for recipient, document in _INBOX.keys(recorded):
                self.inbox[str(recipient), str(document)] = place
        if recorded.type_name.endswith(".AttachmentStored"):
            event: Any = recorded.event
            self.attachments.add(event.sha256)


def places(ledger: Ledger) -> dict[str, Place]:
    """Return where the acknowledged requests were told to stand, at this moment."""
    return {each: (answer.partition, answer.position) for each, answer in ledger.acknowledged.items()}
