"""The store port: where a service's log is kept.

Invariants, which `eventlog.conformance.store` checks of every adapter:

1. In each partition the positions are 0, 1, 2... without a gap, and in each stream the versions 1, 2, 3...
2. A reader that has seen position n of a partition will never see a record at or below n that it has not seen.
3. An `append` that returned is durable; one that raised has stored nothing, or is answered in full when it is repeated
   with the same request.
4. A request id stands for one request for ever: repeated with the same fingerprint it gives the first result.
5. `recorded_at` never goes back within a partition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from eventlog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventlog.errors import Refused
    from eventlog.record import Recorded, Sealable

_canonical = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}").fullmatch


@dataclass(frozen=True, slots=True)
class Request:
    """What made an append: a request id and a fingerprint of who asked for what (32 bytes, SHA-256).

    The id is a UUID; however it is spelt, it is kept in the canonical spelling. UsageError when it is none.
    """

    id: str
    fingerprint: bytes

    def __post_init__(self) -> None:
        if not _canonical(self.id):
            try:
                object.__setattr__(self, "id", str(UUID(self.id)))
            except ValueError:
                raise UsageError("a request id is a UUID") from None


@dataclass(frozen=True, slots=True)
class Append:
    """One or more events for one stream; all are stored or none."""

    stream: str
    expected_version: int  # the stream's last version; 0: it must not exist. There is no "any version".
    events: Sequence[Sealable]  # not empty
    request: Request | None


@dataclass(frozen=True, slots=True)
class Appended:
    """The records of an append, in order; `repeated` when the request had been answered before."""

    records: Sequence[Recorded]
    repeated: bool = False


class Store(Protocol):
    """A log in a fixed number of partitions. All methods block, and may be called from any thread."""

    log: str
    partitions: int
    lanes: int  # how many appends can be committed side by side; partition p is written in lane p % lanes

    @property
    def failed(self) -> BaseException | None:
        """Why it appends nothing any more in this process, whatever comes; None while it may."""

    def append(self, batch: Sequence[Append]) -> Sequence[Appended | Refused]:
        """Make the appends of one lane in one transaction, durable on return.

        Each gets its answer in order: a loser (`Conflict`, `RequestReused`) is an answer and spoils nothing of the
        others. An append sees those before it in the batch. Raises StoreUnavailable: then none of the batch is stored,
        or, where the connection broke during the commit, it is unknown; to repeat it with the same requests is safe.
        """

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        """Return at most `limit` records of the partition in order, from `position` on; empty at the head."""

    def read_stream(self, stream: str, from_version: int = 1, limit: int = 1000) -> Sequence[Recorded]:
        """Return at most `limit` records of the stream in order, from `from_version` on; empty at its end."""

    def read_request(self, request: Request) -> Sequence[Recorded]:
        """Return the records that the request made; empty when it made none. RequestReused as in `append`."""

    def heads(self) -> Sequence[int]:
        """Return for each partition how many records it holds."""

    def close(self) -> None:
        """Release connections and files; nothing else may be called after it."""
