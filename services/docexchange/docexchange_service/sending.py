"""Sending and changing documents: what the gRPC commands and edXML messages have in common.

Each method takes the parts of one command, looks up what the aggregate must know, executes it, and returns the state.
What depends on others (directory, uploads, today) is judged inside the decision, so that a repeated request gets its
first answer even after they have changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from decider.refusal import Refusal
from google.protobuf.timestamp_pb2 import Timestamp
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import events_pb2 as e
from vietnam.time_zone import VIETNAM_TIME

from docexchange_service import attachment, content, document
from docexchange_service.document import Document

if TYPE_CHECKING:
    from decider.executor import Done, Executor, Intent
    from google.protobuf.message import Message

    from docexchange_service.parties import Parties

Keep: TypeAlias = Callable[[], Awaitable[None]]
Decide: TypeAlias = "Callable[[Document], Sequence[Message]]"


@dataclass(frozen=True)
class Files:
    """Files that came with a command: their sizes by SHA-256, and how to keep them once it is granted."""

    sizes: Mapping[bytes, int]
    keep: Keep


@dataclass(frozen=True)
class Sending:
    """Executes commands for the calling agency."""

    documents: Executor[Document]
    attachments: Executor[int | None]
    parties: Parties
    now: Callable[[], datetime]

    async def send(
        self,
        what: d.Content,
        recipients: Sequence[str],
        intent: Intent,
        *,
        replaces: Sequence[e.ReplacedDocument] = (),
        edxml: d.EdxmlSource | None = None,
        files: Files | None = None,
    ) -> Done[Document]:
        """Send a document; `files` has those that came with it, else the caller's uploads are looked up."""
        sender, now = self.parties.caller, self.now()
        day = content.promulgated(what)
        code = content.code_of(sender, what, day)
        id_ = document.document_id(code, day)
        uploads = files.sizes if files else await self._uploads(sender, what)
        replaces = _current(replaces)
        replaced = [await self.documents.state(document.stream_of(each.document)) for each in replaces]

        def decide(state: Document) -> Sequence[Message]:
            codes, faults = content.recipients("recipients", recipients, self.parties.standing)
            content.refuse_if(content.faults_of(what, uploads, _day(now)) + faults)
            for index, (each, old) in enumerate(zip(replaces, replaced, strict=True)):
                document.check_replaceable(old, sender, each.recipients, f"replaces[{index}]")
            document.check_distinct([each.document for each in replaces])
            return document.decide_send(
                state,
                document=id_,
                code=code,
                sender=sender,
                content=what,
                recipients=codes,
                now=_timestamp(now),
                replaces=replaces,
                edxml=edxml,
            )

        stream = document.stream_of(id_)
        return await self.documents.create(stream, await self._keeping(files, stream, decide, intent), intent)

    async def update(
        self,
        id_: str,
        what: d.Content,
        intent: Intent,
        *,
        added: Sequence[str],
        removed: Sequence[str],
        reason: str,
        files: Files | None = None,
    ) -> Done[Document]:
        """Propose a corrected content; `files` as for `send`."""
        sender, now = self.parties.caller, self.now()
        day = content.promulgated(what)
        uploads = files.sizes if files else await self._uploads(sender, what)

        def decide(state: Document) -> Sequence[Message]:
            document.check_owned(state, sender)  # first: what a foreign document holds must not show in a refusal
            codes, faults = content.recipients("added", added, self.parties.standing)
            content.refuse_if(content.faults_of(what, uploads, _day(now), own=state.attachments) + faults)
            return document.decide_update(
                state,
                sender=sender,
                change=intent.origin.request_id,
                code=content.code_of(sender, what, day),
                content=what,
                added=codes,
                removed=_unique(removed),
                reason=reason,
                now=_timestamp(now),
            )

        stream = document.stream_of(id_)
        return await self.documents.execute(stream, await self._keeping(files, stream, decide, intent), intent)

    async def recall(self, id_: str, recipients: Sequence[str], reason: str, intent: Intent) -> Done[Document]:
        """Ask receivers to give a document back."""
        decide = partial(
            document.decide_recall,
            sender=self.parties.caller,
            change=intent.origin.request_id,
            recipients=_unique(recipients),
            reason=reason,
        )
        return await self.documents.execute(document.stream_of(id_), decide, intent)

    async def report(
        self, id_: str, recipient: str, status: d.Status.ValueType, reason: str, note: str, intent: Intent
    ) -> Done[Document]:
        """Report where the caller's copy stands."""
        decide = partial(
            document.decide_status,
            recipient=self.parties.recipient(recipient),
            status=status,
            reason=reason,
            note=note,
            now=_timestamp(self.now()),
        )
        return await self.documents.execute(document.stream_of(id_), decide, intent)

    async def answer(
        self, id_: str, recipient: str, change: str, reason: str, intent: Intent, *, agrees: bool
    ) -> Done[Document]:
        """Answer a change."""
        decide = partial(
            document.decide_answer,
            recipient=self.parties.recipient(recipient),
            change=change,
            agrees=agrees,
            reason=reason,
        )
        return await self.documents.execute(document.stream_of(id_), decide, intent)

    async def _keeping(self, files: Files | None, stream: str, decide: Decide, intent: Intent) -> Decide:
        """Keep the files of a command that is granted, before an event speaks of them; else keep it refused."""
        if files is None:
            return decide
        before = await self.documents.execute(stream, _nothing, intent)  # a request id that is taken is refused here
        if before.repeated:
            return _nothing
        try:
            decide(before.state)
        except Refusal as refusal:
            return partial(_refuse, refusal)
        await files.keep()
        return decide

    async def _uploads(self, agency: str, what: d.Content) -> dict[bytes, int]:
        hashes = {each.sha256 for each in what.attachments}
        states = await asyncio.gather(
            *(self.attachments.state(attachment.stream_of(agency, sha256)) for sha256 in hashes)
        )
        return {sha256: size for sha256, size in zip(hashes, states, strict=True) if size is not None}


def _nothing(_state: object) -> Sequence[Message]:
    return ()


def _refuse(refusal: Refusal, _state: object) -> Sequence[Message]:
    raise refusal


def _unique(codes: Sequence[str]) -> list[str]:
    """Return agency codes in their current form, each once."""
    return list(dict.fromkeys(map(content.current, codes)))


def _current(replaces: Sequence[e.ReplacedDocument]) -> list[e.ReplacedDocument]:
    return [e.ReplacedDocument(document=each.document, recipients=_unique(each.recipients)) for each in replaces]


def _day(now: datetime) -> date:
    return now.astimezone(VIETNAM_TIME).date()


def _timestamp(now: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(now.astimezone(UTC))
    return stamp
