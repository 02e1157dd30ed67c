"""The topic port: how records cross from service to service; and the feed, how a follower is given records.

A topic is called `lienthong.<log>` and keeps every record for ever. What a follower reads its own service's log
through is a `Source` too (`eventlog.feed`), so a follower cannot tell a store from a topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.record import Recorded


class Feed(Protocol):
    """Records of one log for one follower."""

    def poll(self, limit: int, timeout: float) -> Sequence[Recorded]:
        """Return at most `limit` records, waiting at most `timeout` seconds for the first; empty when none came.

        All are of one partition and in order of position. Repeats are possible (a relay that crashed publishes
        again) and gaps are not, but the follower must check both. Nothing is lost: what was not yet returned since
        the positions the feed was opened with will be.
        """

    def lag(self) -> Mapping[int, int]:
        """Return, for the partitions it gives at the moment, how many records are known to come. From any thread."""

    def wake(self) -> None:
        """Make a running or the next `poll` return at once, so that a follower can stop. From any thread."""

    def close(self) -> None:
        """Release what the feed holds."""


class Source(Protocol):
    """Where a follower reads a log."""

    log: str
    partitions: int
    measured: Mapping[str, str]  # what the work on its records is measured under: `messaging.system` and so on

    def subscribe(self, name: str, from_positions: Mapping[int, int]) -> Feed:
        """Open a feed for the follower `name`: for each partition named, from the position on."""

    def share(self, name: str, positions: Callable[[], Mapping[int, int]]) -> Feed:
        """Open a feed that is given some of the partitions: they are divided among all open feeds of this name.

        Other feeds may be in other processes; where there can be none, it is given all. Within `poll`, and only there,
        it is given partitions and gives them up; what it returned before has then been taken. Whenever it is given
        some it asks `positions` and begins there; what it had of one given up it throws away. Two feeds may have one
        partition for a while: a process that slept does not know that others have taken what it had. To divide is for
        speed alone; it is the stored position, moved by compare-and-set, that makes each effect once.
        """


class Topic(Protocol):
    """A transport of records for all logs."""

    def publish(self, records: Sequence[Recorded]) -> None:
        """Publish records of one partition in order; on return the topic has them. To repeat it is safe.

        Raises StoreUnavailable: then some first part of them may have been published; publish again from the first.
        """

    def heads(self, log: str, partitions: int) -> Sequence[int]:
        """Return for each partition the position after the last record the topic holds; 0 for none."""

    def source(self, log: str, partitions: int) -> Source:
        """Return the reading side of one log."""

    def close(self) -> None:
        """Release what the topic holds."""
