"""How a directory is kept up to date: a follower of identity's log.

It keeps no stored position: the directory lives in memory, so it begins at position 0 at every start. Identity's log is
small (what happens to agencies, systems and keys), and to read it whole takes less time than to keep a copy right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from decider.refusal import Kind, Refusal
from eventlog.errors import PositionMoved
from eventlog.follower import WHOLE, Follower

from directory.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.record import Recorded
    from eventlog.topic import Source
    from lienthong.log.v1.record_pb2 import Position

LOG = "identity"


class DirectoryEffect:
    """An `eventlog.follower.Effect` on a directory in memory; it must be new, since positions begin at 0."""

    def __init__(self, directory: Directory, partitions: int) -> None:
        self._directory = directory
        self._next = dict.fromkeys(range(partitions), 0)

    def positions(self) -> Mapping[int, int]:
        """Return for each partition the next position wanted."""
        return dict(self._next)

    def apply(self, partition: int, position: int, records: Sequence[Recorded]) -> None:
        """Fold consecutive records; what it raises leaves the directory as it was before the record at fault."""
        if position != self._next[partition]:
            raise PositionMoved("directory", LOG, partition)
        for recorded in records:
            self._directory.take(recorded)
            self._next[partition] += 1


class Following:
    """A directory and the follower that keeps it up to date.

    `source` reads identity's log: in identity itself the log's own, elsewhere `topic.source("identity", partitions)`.
    `alarm` is told the error when the follower stops for good.
    """

    def __init__(self, source: Source, *, alarm: Callable[[str, BaseException], None] | None = None) -> None:
        self.directory = Directory()
        effect = DirectoryEffect(self.directory, source.partitions)
        self._follower = Follower("directory", source, effect, reading=WHOLE, alarm=alarm)

    @property
    def failed(self) -> BaseException | None:
        """Why the follower has stopped for good, if it has."""
        return self._follower.failed

    def start(self) -> None:
        """Begin to follow."""
        self._follower.start()

    def stop(self) -> None:
        """End; the directory keeps answering from what it has. To stop twice, or before the start, is allowed."""
        self._follower.stop()

    async def wait(self, positions: Sequence[Position]) -> None:
        """Wait until the records at those of the positions that are in identity's log are folded.

        It is grpckit's `settle_keys`, and the directory's part of `wait_for`: positions of other logs are passed over.
        Ends with the caller's deadline by cancellation. Refusal INVALID, POSITION_UNKNOWN, for a partition that the
        log does not have.
        """
        progress = self._follower.progress
        partitions = len(progress.positions)
        wanted = [(index, each) for index, each in enumerate(positions) if each.log == LOG]
        for index, each in wanted:
            if not 0 <= each.partition < partitions or each.position < 0:
                raise _unknown(index)
        for _, each in wanted:
            await progress.reached(each.partition, each.position)

    async def caught_up(self, heads: Sequence[int]) -> None:
        """Wait until everything below the heads (for each partition the next position) is folded."""
        for partition, head in enumerate(heads):
            await self._follower.progress.reached(partition, head - 1)


def _unknown(index: int) -> Refusal:
    return Refusal(
        Kind.INVALID,
        "POSITION_UNKNOWN",
        en="Identity's log has no such partition. Send back positions unchanged.",
        vi="Nhật ký của dịch vụ định danh không có phân vùng như vậy. Hãy gửi lại vị trí đúng như đã nhận.",
        field=f"after[{index}]",
    )
