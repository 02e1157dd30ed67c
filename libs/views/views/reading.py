"""How servicers query views: in a few threads, each query in one snapshot.

Which table is live is resolved in the same read transaction as the query runs in, so a rebuild that swaps tables in
between changes nothing for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from decider.refusal import Kind, Refusal
from eventlog import positions
from eventlog.errors import StoreUnavailable

from views.view import can_serve

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    from views.catalogue import Generation
    from views.database import Database
    from views.standing import Moment, Standing

T = TypeVar("T")


class Tables:
    """The live tables as one query sees them."""

    def __init__(self, connection: Connection, standing: Standing, moment: Moment) -> None:
        self._connection = connection
        self._standing = standing
        self._moment = moment

    def __getitem__(self, view: str) -> sa.Table:
        """Return a view's table; Refusal UNAVAILABLE, VIEW_NOT_READY, while it is built for the first time."""
        return self._standing.table(self._live(view))

    def positions(self, view: str) -> dict[int, int]:
        """Return for each partition the next position that the rows of this snapshot do not contain yet."""
        live = self._live(view)
        return positions.read(self._connection, live.follower, live.log)

    def _live(self, view: str) -> Generation:
        declared = self._standing.views[view]
        live = self._moment.live(view)
        if live is None or not can_serve(live.shape, declared.shape):
            raise not_ready(view)
        return live


class Reader:
    """Runs queries; a query is any function of a connection and the live tables."""

    def __init__(self, database: Database, standing: Standing, threads: int) -> None:
        self._database = database
        self._standing = standing
        self._threads = ThreadPoolExecutor(threads, "views-reader")

    async def read(self, query: Callable[[Connection, Tables], T]) -> T:
        """Run a query in a thread; it must fetch what it returns. Refusal UNAVAILABLE, VIEWS_AWAY, as `not_ready`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_here, query)

    def read_here(self, query: Callable[[Connection, Tables], T]) -> T:
        """Run a query in the caller's thread."""
        try:
            with self._database.read() as connection:
                return query(connection, Tables(connection, self._standing, self._standing.look(connection)))
        except StoreUnavailable as error:
            raise _away() from error

    def close(self) -> None:
        """Wait for the queries under way; later ones raise RuntimeError."""
        self._threads.shutdown()


def _away() -> Refusal:
    return Refusal(
        Kind.UNAVAILABLE,
        "VIEWS_AWAY",
        en="The database that answers queries is away. Try again in a moment.",
        vi="Cơ sở dữ liệu tra cứu tạm thời không hoạt động. Vui lòng thử lại sau giây lát.",
        retry_after=timedelta(seconds=2),
    )


def not_ready(view: str) -> Refusal:
    """Say that a view is being built for the first time."""
    return Refusal(
        Kind.UNAVAILABLE,
        "VIEW_NOT_READY",
        en=f"The view {view} is being built. Try again in a moment.",
        vi=f"Dữ liệu tra cứu {view} đang được dựng. Vui lòng thử lại sau giây lát.",
        metadata={"view": view},
        retry_after=timedelta(seconds=2),
    )
