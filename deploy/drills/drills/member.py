"""An agency under load: it sends, changes what it sent, and deals with what its subscription brings.

Its subscription is the client library's own, begun again from the kept cursor whenever the agency itself "crashes".
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from decider.refusal import Refusal
from docexchange_service.document import NEXT
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s
from lienthong.docexchange.v1 import mailbox_service_pb2 as m
from lienthong.docexchange.v1.events_pb2 import ReplacedDocument
from lienthong.log.v1.record_pb2 import Position
from lienthong_sdk import Lienthong

from drills import papers
from drills.finding import must
from drills.ledger import AGAIN, Ledger, broken
from drills.mirror import Place, Row

_MOST_WAITING = 200  # inbox lines an agency keeps to deal with
_MOST_SENT = 200  # own documents it may still change
_GOES_ON = 0.7  # how often it reports the next status of a copy


@dataclass
class Member:
    """One agency with its system, its documents and its inbox."""

    code: str
    client: Lienthong
    ledger: Ledger
    rng: random.Random
    others: Sequence[str]
    newcomers: Sequence[tuple[str, Position]]  # agencies registered lately, and where identity's log says so
    cursor: str = ""
    dawdle: float = 0.0  # seconds it takes over each message of its subscription
    seen: dict[Row, Place] = field(default_factory=dict)
    todo: dict[str, m.InboxItem] = field(default_factory=dict)
    sent: list[tuple[str, d.Content]] = field(default_factory=list)  # document id, what it says
    numbers: int = 0

    async def subscribe(self) -> None:
        """Keep what comes into the inbox, for ever."""
        async for response in self.client.inbox(cursor=self.cursor):
            for item in response.items:
                self._see(item)
            self.cursor = response.cursor
            await asyncio.sleep(self.dawdle)

    async def act(self) -> None:
        """Do one thing as a sender."""
        actions: list[Callable[[], Any]] = [self._send, self._send_file, self._import]
        weights = [6, 2, 1]
        if self.sent:
            actions += [self._recall, self._update, self._replace]
            weights += [1, 1, 1]
        await self.rng.choices(actions, weights)[0]()

    async def deal(self) -> bool:
        """Do one thing as a receiver; tell whether there was one."""
        if not self.todo:
            return False
        item = self.todo.pop(next(iter(self.todo)))
        if item.pending_changes:
            await self._answer(item.document)
        elif self.rng.random() < _GOES_ON:
            await self._report(item)
        return True

    def _see(self, item: m.InboxItem) -> None:
        row, place = (item.recipient, item.document), (item.position.partition, item.position.position)
        before = self.seen.get(row, place)
        must(before <= place, f"{row} was at {before}, and then at {place}")
        self.seen[row] = place
        self.todo[item.document] = item
        if len(self.todo) > _MOST_WAITING:
            del self.todo[next(iter(self.todo))]

    def _recipients(self) -> list[str]:
        return self.rng.sample(self.others, self.rng.randint(1, min(3, len(self.others))))

    def _content(self, *files: d.Attachment) -> d.Content:
        self.numbers += 1
        return papers.content(self.numbers, *files)

    def _keep(self, answer: Any) -> None:
        if answer is None:
            return
        self.sent.append((answer.document.id, answer.document.content))
        if len(self.sent) > _MOST_SENT:
            self.sent.pop(self.rng.randrange(_MOST_SENT))

    async def _send(self, *files: d.Attachment) -> None:
        recipients, after = self._recipients(), []
        if self.newcomers and self.rng.random() < 0.3:
            newcomer, registered = self.rng.choice(self.newcomers)
            recipients, after = [*recipients, newcomer], [registered]
        command = papers.command(
            "documents",
            "SendDocument",
            s.SendDocumentRequest,
            content=self._content(*files),
            recipients=recipients,
            after=after,
        )
        self._keep(await self.ledger.settle(self.client, command))

    async def _send_file(self) -> None:
        command, named = papers.upload(self.rng)
        if await self.ledger.settle(self.client, command) is not None:
            await self._send(named)

    async def _import(self) -> None:
        self.numbers += 1
        command = papers.message(self.rng, self.code, self.rng.choice(self.others), self.numbers)
        self._keep(await self.ledger.settle(self.client, command))

    async def _recall(self) -> None:
        document, _ = self.rng.choice(self.sent)
        command = papers.command(
            "documents", "RecallDocument", s.RecallDocumentRequest, document=document, reason="gửi nhầm"
        )
        await self.ledger.settle(self.client, command)

    async def _update(self) -> None:
        document, said = self.rng.choice(self.sent)
        corrected = d.Content()
        corrected.CopyFrom(said)
        corrected.subject = f"Bản sửa {self.rng.randint(1, 1000)}"
        command = papers.command(
            "documents",
            "UpdateDocument",
            s.UpdateDocumentRequest,
            document=document,
            content=corrected,
            reason="sửa trích yếu",
        )
        await self.ledger.settle(self.client, command)

    async def _replace(self) -> None:
        document, _ = self.rng.choice(self.sent)
        command = papers.command(
            "documents",
            "ReplaceDocument",
            s.ReplaceDocumentRequest,
            content=self._content(),
            recipients=self._recipients(),
            replaces=[ReplacedDocument(document=document)],
        )
        self._keep(await self.ledger.settle(self.client, command))

    async def _report(self, item: m.InboxItem) -> None:
        if item.status not in NEXT:
            return
        status = self.rng.choice(sorted(NEXT[item.status]))
        reason = "không đúng thẩm quyền" if status == d.STATUS_REFUSED else ""
        command = papers.command(
            "documents", "ReportStatus", s.ReportStatusRequest, document=item.document, status=status, reason=reason
        )
        await self.ledger.settle(self.client, command)

    async def _answer(self, document: str) -> None:
        shown = await self._document(document)
        pending = [change for copy in shown.deliveries if copy.recipient == self.code for change in copy.pending]
        for change in pending:
            answer = s.ANSWER_AGREE if self.rng.random() < 0.6 else s.ANSWER_REFUSE
            command = papers.command(
                "documents",
                "AnswerChange",
                s.AnswerChangeRequest,
                document=document,
                change=change.id,
                answer=answer,
                reason="đã xử lý" if answer == s.ANSWER_REFUSE else "",
            )
            await self.ledger.settle(self.client, command)

    async def _document(self, document: str) -> d.Document:
        while True:
            try:
                answer = await self.client.mailbox.GetDocument(m.GetDocumentRequest(document=document))
            except Refusal as refusal:
                if refusal.reason == "DOCUMENT_UNKNOWN":
                    return d.Document()  # taken back meanwhile
                if refusal.kind not in AGAIN:
                    raise
            except grpc.aio.AioRpcError as error:
                if not broken(error):
                    raise
            else:
                return answer.document
            await asyncio.sleep(0.05)
