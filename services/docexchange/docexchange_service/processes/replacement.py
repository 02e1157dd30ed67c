"""When a document was sent in the place of others: ask the receivers of the others.

Idempotent by construction: the change's id follows from the two documents, so that a repeat, after a crash or a second
time, decides that nothing has to happen. It claims no request id: a caller could have taken it before, since ids of
documents can be foretold.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from decider.executor import Executor, Intent
from decider.refusal import Kind, Refusal
from eventlog.errors import StoreUnavailable
from lienthong.docexchange.v1 import events_pb2 as e
from lienthong.log.v1 import record_pb2

from docexchange_service import document
from docexchange_service.document import Document

if TYPE_CHECKING:
    from eventlog.marks import Marks
    from eventlog.record import Recorded

NAME = "replacement"
_METHOD = "docexchange/replacement"
_NAMESPACE = uuid.UUID("3d5f0f0e-6c53-5c3b-9d1e-6b1f4a8f7d52")
_AGAIN = {Kind.CONFLICT, Kind.BUSY, Kind.UNAVAILABLE}


class ReplacementProcess:
    """An `eventlog.follower.Effect`; its commands run in the event loop that serves the calls."""

    def __init__(
        self, documents: Executor[Document], marks: Marks, loop: Callable[[], asyncio.AbstractEventLoop]
    ) -> None:
        self._documents = documents
        self._marks = marks
        self._loop = loop

    def positions(self) -> Mapping[int, int]:
        """See `Effect.positions`."""
        return self._marks.positions()

    def apply(self, partition: int, position: int, records: Sequence[Recorded]) -> None:
        """React to each, then move the position: a crash in between repeats commands, which is harmless."""
        for recorded in records:
            if recorded.type_name == e.DocumentSent.DESCRIPTOR.full_name:
                self._react(recorded)
        self._marks.move(partition, position, position + len(records))

    def _react(self, recorded: Recorded) -> None:
        sent = recorded.event
        if not isinstance(sent, e.DocumentSent) or not sent.replaces:
            return
        for replaced in sent.replaces:
            future = asyncio.run_coroutine_threadsafe(self._propose(recorded, sent, replaced), self._loop())
            try:
                future.result()
            except Refusal as refusal:
                if refusal.kind in _AGAIN:
                    raise StoreUnavailable(refusal.reason) from refusal
                raise

    async def _propose(self, recorded: Recorded, sent: e.DocumentSent, replaced: e.ReplacedDocument) -> None:
        change = str(uuid.uuid5(_NAMESPACE, f"{sent.document} {replaced.document}"))
        origin = record_pb2.Origin(method=_METHOD, request_id=change, agency=sent.sender)
        cause = record_pb2.Cause(
            correlation_id=recorded.record.cause.correlation_id,
            record_id=recorded.record.id,
            traceparent=recorded.record.cause.traceparent,
        )
        decide = partial(
            document.decide_replacement,
            change=change,
            replacement=sent.document,
            recipients=list(replaced.recipients),
        )
        stream = document.stream_of(replaced.document)
        await self._documents.execute(stream, decide, Intent(origin, cause, None))
