"""Waiting until views have folded what a caller has written or seen.

Invariant: `wait(positions)` ends only when every live table that answers has folded the records at those positions,
whichever process folded them. A table of an older version, which stands still until its successor is built, therefore
holds it up; a view that does not answer yet does not.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from decider.refusal import Kind, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventlog.progress import Progress
    from lienthong.log.v1.record_pb2 import Position

    from views.standing import Standing


class Waiting:
    """Waits on the progress of the main followers of several logs."""

    def __init__(self, standing: Standing, followed: Mapping[str, Progress]) -> None:
        self._standing = standing
        self._followed = followed

    async def wait(self, positions: Sequence[Position]) -> None:
        """Wait until the records at these positions are folded; cancel it, or give it a timeout, to stop.

        Refusal INVALID, POSITION_UNKNOWN, for a log that is not followed here or a partition that it does not have.
        """
        for index, each in enumerate(positions):
            followed = self._followed.get(each.log)
            if followed is None or not 0 <= each.partition < len(followed.positions) or each.position < 0:
                raise _unknown(index)
        for each in positions:
            await self._followed[each.log].reached(each.partition, each.position)
        logs = {each.log for each in positions}
        while (moment := self._standing.last).stands_still(self._standing.views, logs):
            await self._standing.changes.reached(0, moment.epoch)

    async def changed(self, log: str, since: Mapping[int, int]) -> dict[int, int]:
        """Sleep until some partition is beyond `since` (next positions; 0 where left out); return where all are."""
        progress = self._followed[log]
        now = progress.positions
        if all(position <= since.get(partition, 0) for partition, position in enumerate(now)):
            waiters = [
                asyncio.ensure_future(progress.reached(partition, since.get(partition, 0)))
                for partition in range(len(now))
            ]
            try:
                await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiter in waiters:
                    waiter.cancel()
                await asyncio.gather(*waiters, return_exceptions=True)
            now = progress.positions
        return dict(enumerate(now))


def _unknown(index: int) -> Refusal:
    return Refusal(
        Kind.INVALID,
        "POSITION_UNKNOWN",
        en="This service does not follow that log, or the log has no such partition. Send back positions unchanged.",
        vi="Dịch vụ này không theo dõi nhật ký đó, hoặc nhật ký không có phân vùng như vậy. "
        "Hãy gửi lại vị trí đúng như đã nhận.",
        field=f"after[{index}]",
    )
