"""The push of the inbox: what comes into it or changes in it, from a cursor on.

Invariants:

1. A row is given with the position that changed it last; within a partition rows come in order of position, and the
   cursor moves to a partition's position only when everything before it has been given. So whoever resumes from a
   cursor misses nothing, and may see a row again that has changed since.
2. An agency that succeeds another gets the other's rows from their beginning: the cursor knows for each code that it
   answers for how far it has got.
3. Who is suspended, revoked or merged is cut off within _RECHECK, not when its call ends.
4. One sleeper for all subscribers asks the views who has news, and in which partition: a thousand subscriptions cost
   one query, and one that has news a query for each partition that has some.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from decider.refusal import Kind, Refusal
from lienthong.docexchange.v1 import mailbox_service_pb2 as s

from docexchange_service import cursor as cursors
from docexchange_service import lines
from docexchange_service.push_tracing import trace_push

if TYPE_CHECKING:
    from directory.directory import Directory
    from sqlalchemy.engine import Connection
    from views.reading import Tables
    from views.runtime import Views

    from docexchange_service.cursor import Cursor
    from docexchange_service.push_tracing import Read

_BATCH = 200  # rows a message
_RECHECK = 1.0  # seconds after which a subscriber looks what has become of it and of its agency


class InboxPush:
    """Serves all subscriptions of one process."""

    def __init__(self, views: Views, directory: Directory, partitions: int, read: Read) -> None:
        self._views = views
        self._read = read
        self._directory = directory
        self._partitions = partitions
        self._waiting: dict[str, set[_News]] = defaultdict(set)
        self._sleeper: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to watch the views."""
        self._sleeper = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching, and end the subscriptions: they go on from their cursors elsewhere, or after the start."""
        self._stopping = True
        for news in {each for waiting in self._waiting.values() for each in waiting}:
            news.tell(())
        if self._sleeper is not None:
            self._sleeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sleeper

    async def subscribe(
        self, agency: str, text: str, *, from_now: bool, admitted: Callable[[], bool]
    ) -> AsyncIterator[s.SubscribeInboxResponse]:
        """Give rows from a cursor on, then as they come, until the caller goes or is not admitted any more."""
        cursor = cursors.decode(text, self._partitions)
        if not text and from_now:
            cursor = await self._now(agency)
            yield s.SubscribeInboxResponse(cursor=cursors.encode(cursor))
        news = _News()
        listening: set[str] = set()
        try:
            while True:
                if self._stopping:
                    raise _going_down()
                if not admitted():
                    raise _ended()
                codes = self._directory.predecessors(agency) | {agency}
                if not codes <= listening:
                    self._listen(codes - listening, news)
                    listening |= codes
                    news.tell(range(self._partitions))
                partitions = await news.heard(_RECHECK)
                if not partitions:
                    continue
                rows, cursor = await self._views.read(_Next(cursor, codes, partitions, self._partitions).query)
                if len(rows) >= _BATCH:
                    news.tell(partitions)
                if rows:
                    items = [lines.inbox_item(row) for row in rows]
                    begun = time.time_ns()
                    yield s.SubscribeInboxResponse(items=items, cursor=cursors.encode(cursor))
                    await trace_push(self._read, rows, begun)
        finally:
            for code in listening:
                self._waiting[code].discard(news)

    def _listen(self, codes: Iterable[str], news: _News) -> None:
        for code in codes:
            self._waiting[code].add(news)

    async def _now(self, agency: str) -> Cursor:
        codes = self._directory.predecessors(agency) | {agency}
        positions = await self._views.read(lambda _connection, tables: tables.positions("inbox"))
        return {code: tuple(positions.get(p, 0) for p in range(self._partitions)) for code in codes}

    async def _watch(self) -> None:
        since: Mapping[int, int] = {}
        while True:
            await self._views.changed("inbox", since)
            try:
                since, touched = await self._views.read(_Touched(since).query)
            except Refusal:  # the view is being built; subscribers are told so when they ask
                await asyncio.sleep(_RECHECK)
                continue
            for recipient, partition in touched:
                for news in self._waiting.get(recipient, ()):
                    news.tell((partition,))


class _News:
    """In which partitions a subscriber has something to look at."""

    def __init__(self) -> None:
        self._partitions: set[int] = set()
        self._event = asyncio.Event()

    def tell(self, partitions: Iterable[int]) -> None:
        """Add partitions."""
        self._partitions.update(partitions)
        self._event.set()

    async def heard(self, seconds: float) -> set[int]:
        """Return the partitions told since the last time, waiting for some; none when there are none in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()
        heard, self._partitions = self._partitions, set()
        return heard


def _ended() -> Refusal:
    return Refusal(
        Kind.FORBIDDEN,
        "SUBSCRIPTION_ENDED",
        en="The key, the system or its agency was revoked, suspended or merged meanwhile. Call again to be told which.",
        vi="Khóa, hệ thống hoặc cơ quan đã bị thu hồi, tạm ngừng hoặc sáp nhập. Hãy gọi lại để biết lý do cụ thể.",
    )


def _going_down() -> Refusal:
    return Refusal(
        Kind.UNAVAILABLE,
        "SERVER_STOPPING",
        en="The server is going down. Subscribe again from the last cursor; nothing is lost.",
        vi="Máy chủ đang dừng. Hãy đăng ký lại từ con trỏ cuối cùng; không mất dữ liệu nào.",
    )


class _Touched:
    """Whose inboxes have changed since some positions, and in which partitions."""

    def __init__(self, since: Mapping[int, int]) -> None:
        self._since = since

    def query(self, connection: Connection, tables: Tables) -> tuple[Mapping[int, int], Sequence[Any]]:
        t = tables["inbox"]
        now = tables.positions("inbox")
        moved = [
            sa.and_(t.c.partition == partition, t.c.position >= self._since.get(partition, 0))
            for partition, position in now.items()
            if position > self._since.get(partition, 0)
        ]
        if not moved:
            return now, []
        touched = sa.select(t.c.recipient, t.c.partition).where(sa.or_(*moved)).distinct()
        return now, connection.execute(touched).fetchall()


class _Next:
    """The next rows for a subscriber in the partitions that have news, and its cursor after them."""

    def __init__(self, cursor: Cursor, codes: Iterable[str], news: Iterable[int], partitions: int) -> None:
        self._cursor = cursor
        self._codes = sorted(codes)
        self._news = sorted(news)
        self._partitions = partitions

    def query(self, connection: Connection, tables: Tables) -> tuple[Sequence[Any], Cursor]:
        reached = tables.positions("inbox")
        cursor = {code: list(self._cursor.get(code, (0,) * self._partitions)) for code in self._codes}
        rows: list[Any] = []
        for codes in _alike(cursor):
            for partition in self._news:
                start, end = cursor[codes[0]][partition], reached.get(partition, 0)
                if start >= end or len(rows) >= _BATCH:
                    continue
                found = self._rows(connection, tables["inbox"], codes, partition, start)
                rows += found
                end = found[-1].position + 1 if len(found) >= _BATCH else end
                for code in codes:
                    cursor[code][partition] = end
        return rows, {code: tuple(positions) for code, positions in cursor.items()}

    @staticmethod
    def _rows(connection: Connection, t: sa.Table, codes: list[str], partition: int, start: int) -> Sequence[Any]:
        chosen = sa.select(t).where(t.c.recipient.in_(codes), t.c.partition == partition, t.c.position >= start)
        found = connection.execute(chosen.order_by(t.c.position).limit(_BATCH)).fetchall()
        if len(found) < _BATCH:
            return found
        last = found[-1].position  # one record can change several of the codes' rows: give all of them
        rest = connection.execute(chosen.where(t.c.position == last)).fetchall()
        return [row for row in found if row.position < last] + list(rest)


def _alike(cursor: Mapping[str, list[int]]) -> list[list[str]]:
    """Group the codes that have got equally far, so that they share a query."""
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for code, positions in cursor.items():
        groups[tuple(positions)].append(code)
    return list(groups.values())
