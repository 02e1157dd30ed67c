"""What has happened so far, as the players see it; the plan says when all of it has.

Latency: from the start of the call that sends a document (its message lies ready in a file) to the moment a receiver's
subscription has handed over the copy for the first time. It spans hashing, upload, reading the message, the commit,
folding the inbox and the push. The load is paced, so that it is the platform's answer that is measured and no queue.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import Final

from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import mailbox_service_pb2 as m

from tour.plan import Change, Copy, Plan, Planned, Status

_OPEN: Final = 60  # copies that receivers may have on their desks before senders wait for them
_MOST_FAILURES: Final = 50  # kept; more of them say nothing new


@dataclass
class Progress:
    """How far one copy has got."""

    document: Planned
    copy: Copy
    seen: bool = False
    step: int = -1  # index in the walk of the status that the inbox shows
    reported: int = -1  # index in the walk of what was reported last
    answered: bool = False
    done: bool = False

    @property
    def walked(self) -> bool:
        """Whether the inbox shows the last status that its receiver reports."""
        return self.step == len(self.copy.walk) - 1


class Board:
    """Kept by the players, each in the same event loop."""

    def __init__(self, plan: Plan) -> None:
        self.documents = {document.code: document for document in plan}
        self.copies = {(doc.code, copy.recipient): Progress(doc, copy) for doc in plan for copy in doc.copies}
        self.ids: dict[str, str] = {}  # the platform's ids of documents, by code
        self.failures: list[str] = []
        self.latencies: list[float] = []  # seconds
        self.count: Counter[str] = Counter()
        self.statuses: Counter[Status] = Counter()  # reported
        self.ripe: asyncio.Queue[Planned] = asyncio.Queue()  # dealt with by all receivers, to be changed
        self.moved = monotonic()
        self.left = len(self.copies)
        self.room = asyncio.Event()  # set while receivers have few enough copies on their desks
        self.room.set()
        self._open = 0  # copies that are sent, and not yet where their receiver leaves them
        self._begun: dict[str, float] = {}
        self._walking = {code: len(document.copies) for code, document in self.documents.items()}

    def failed(self, what: str) -> None:
        """Record what was not as expected."""
        self.moved = monotonic()
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append(what)

    def sending(self, document: Planned) -> None:
        """Record that the call which sends a document begins."""
        self._begun[document.code] = monotonic()
        self._opened(len(document.copies))

    def sent(self, document: Planned, id_: str) -> None:
        """Record that a document was sent."""
        self.ids[document.code] = id_
        self.count["documents"] += 1
        self.count["replied"] += document.answers is not None
        self.count["replaced"] += document.replaces is not None

    def not_sent(self, document: Planned, why: str) -> None:
        """Record that a document was not taken: its copies are waited for no longer."""
        self.failed(f"{document.code} was not taken: {why}")
        self._opened(-len(document.copies))
        for copy in document.copies:
            self._end(self.copies[document.code, copy.recipient])

    def take(self, item: m.InboxItem, agency: str) -> Progress | None:
        """Record a line of an inbox as a subscription brings it; None when it is not known."""
        progress = self.copies.get((item.code, item.recipient))
        if progress is None or item.sender != progress.document.sender:
            self.failed(f"{agency} received what nobody sent it: {item.code} for {item.recipient}")
            return None
        self.moved = monotonic()
        if not progress.seen:
            self._first_sight(progress, agency)
        self._step(progress, item, agency)
        return progress

    def _first_sight(self, progress: Progress, agency: str) -> None:
        progress.seen = True
        self.latencies.append(self.moved - self._begun[progress.document.code])
        self.count["deliveries"] += 1
        self.count["forwarded_to_successor"] += agency != progress.copy.recipient

    def _step(self, progress: Progress, item: m.InboxItem, agency: str) -> None:
        walk, final = progress.copy.walk, progress.document.final(progress.copy)
        if item.status in walk:
            was = progress.walked
            progress.step = max(progress.step, walk.index(item.status))
            if progress.walked and not was:
                self._walked(progress.document)
        elif item.status not in {d.STATUS_UNSPECIFIED, final}:
            self.failed(f"{agency} holds {item.code} at {d.Status.Name(item.status)}, which nobody reported")
        asked = progress.document.asked(progress.copy)
        if item.status == final and not item.pending_changes and progress.walked and (progress.answered or not asked):
            self._end(progress)

    def _walked(self, document: Planned) -> None:
        self._opened(-1)
        self._walking[document.code] -= 1
        if not self._walking[document.code] and document.change is not Change.NONE:
            self.ripe.put_nowait(document)

    def _opened(self, copies: int) -> None:
        self._open += copies
        if self._open > _OPEN:
            self.room.clear()
        else:
            self.room.set()

    def _end(self, progress: Progress) -> None:
        if not progress.done:
            progress.done = True
            self.left -= 1
