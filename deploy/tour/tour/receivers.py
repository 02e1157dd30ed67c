"""Those who receive: each agency follows its inbox by a subscription and does with each copy what the plan says.

A copy's line comes again with each change of it, and that drives the next step: what was reported is known to be in
the inbox before the receiver goes on. Reading and working are apart, so that work does not delay the next line.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import mailbox_service_pb2 as m

from tour import contents
from tour.country import request_id
from tour.senders import FAULTS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from lienthong_sdk.client import Lienthong

    from tour.board import Board, Progress

_REASON: Final = "Không thuộc thẩm quyền giải quyết"
_BREAK_AFTER: Final = 20  # messages, after which a receiver hangs up and goes on from its cursor


@dataclass(frozen=True)
class Desk:
    """What all receivers share: the board, a limit of calls at a time, and a folder for downloads."""

    board: Board
    calls: asyncio.Semaphore
    folder: Path


class Receiver:
    """One agency's receiving side; `start` it, `stop` it."""

    def __init__(self, agency: str, client: Lienthong, desk: Desk) -> None:
        self._agency = agency
        self._client = client
        self._desk = desk
        self._lines: asyncio.Queue[tuple[Progress, m.InboxItem] | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to read and to work."""
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._work())]

    async def stop(self) -> None:
        """Hang up; a step under way is done."""
        reading, working = self._tasks
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        while not self._lines.empty():
            self._lines.get_nowait()
        self._lines.put_nowait(None)
        await working

    async def _read(self) -> None:
        cursor = ""
        messages = 0
        while True:
            lines: AsyncGenerator[m.SubscribeInboxResponse] = self._client.inbox(cursor=cursor)  # type: ignore[assignment]
            async with contextlib.aclosing(lines):
                async for response in lines:
                    messages += 1
                    for item in response.items:
                        progress = self._desk.board.take(item, self._agency)
                        if progress is not None:
                            self._lines.put_nowait((progress, item))
                    cursor = response.cursor
                    if messages == _BREAK_AFTER:
                        break

    async def _work(self) -> None:
        while (line := await self._lines.get()) is not None:
            progress, item = line
            try:
                await self._deal_with(progress, item)
            except FAULTS as fault:
                self._desk.board.failed(f"{self._agency} cannot go on with {item.code}: {fault}")

    async def _deal_with(self, progress: Progress, item: m.InboxItem) -> None:
        walk = progress.copy.walk
        if item.pending_changes and not progress.answered:
            progress.answered = True
            await self._answer(progress, item)
        elif progress.step == progress.reported and progress.reported + 1 < len(walk):
            progress.reported += 1
            await self._report(progress, item)
            if progress.copy.reads and walk[progress.reported] == d.STATUS_ACCEPTED:
                await self._download(progress, item)

    async def _report(self, progress: Progress, item: m.InboxItem) -> None:
        status = progress.copy.walk[progress.reported]
        request = s.ReportStatusRequest(
            document=item.document,
            recipient=item.recipient,
            status=status,
            reason=_REASON if status == d.STATUS_REFUSED else "",
            request_id=request_id(),
        )
        async with self._desk.calls:
            await self._client.documents.ReportStatus(request)
        self._desk.board.statuses[status] += 1
        self._desk.board.moved = monotonic()

    async def _answer(self, progress: Progress, item: m.InboxItem) -> None:
        agrees = progress.copy.agrees
        async with self._desk.calls:
            found = await self._client.mailbox.GetDocument(m.GetDocumentRequest(document=item.document))
            [mine] = [each for each in found.document.deliveries if each.recipient == item.recipient]
            request = s.AnswerChangeRequest(
                document=item.document,
                recipient=item.recipient,
                change=mine.pending[0].id,
                answer=s.ANSWER_AGREE if agrees else s.ANSWER_REFUSE,
                reason="" if agrees else "Văn bản đã được xử lý xong",
                request_id=request_id(),
            )
            await self._client.documents.AnswerChange(request)
        self._desk.board.count["agreed" if agrees else "change_refused"] += 1

    async def _download(self, progress: Progress, item: m.InboxItem) -> None:
        """Fetch every attachment, and hold its bytes against those that were sent."""
        for index, file in enumerate(progress.document.files):
            expected = await asyncio.to_thread(contents.measure, contents.chunks(file))
            into = self._desk.folder / f"{self._agency}-{progress.document.number}-{index}"
            async with self._desk.calls:
                size = await self._client.download(item.document, expected.sha256, into)
            into.unlink()
            self._desk.board.count["downloads"] += 1
            if size != expected.size:
                self._desk.board.failed(f"{item.code}: {file.name} has {size} bytes, not {expected.size}")
