"""All views of one service over one SQL database: what a service's `app.py` builds, starts, asks and stops.

One follower a log folds all views that stand at the same position; a view that must be built, being new or of another
version, is built beside them by a background thread, after which it moves with the others.

On PostgreSQL any number of processes may run the same views on one database: their sources divide the partitions, all
of them answer, and each notices what the others have folded (`views.replicas`, `views.noticing`).
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from eventlog.errors import LogError
from eventlog.follower import Follower

from views import audit, catalogue, generations, metering, poison, replicas, retry, status
from views.building import Builder, OnDifference, Rebuilt
from views.catalogue import MAIN
from views.database import Database
from views.effect import ViewsEffect
from views.errors import BeingBuilt, WrongView
from views.noticing import Noticing
from views.reading import Reader, Tables
from views.settling import Settling, is_current
from views.standing import Standing
from views.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.topic import Source
    from lienthong.log.v1.record_pb2 import Position
    from sqlalchemy.engine import Connection

    from views.compare import Comparison
    from views.poison import PoisonedStream
    from views.retry import ReadStream
    from views.view import View

T = TypeVar("T")
_log = logging.getLogger(__name__)
_GRACE = 60_000_000  # microseconds that PostgreSQL's readers get to leave a retired table


@dataclass(frozen=True)
class Followed:
    """A log that views are folded from: where to read it, and how many records each partition holds now."""

    source: Source
    heads: Callable[[], Sequence[int]]


class Views:
    """The views of one service. Every method may be called from any thread; those that wait are coroutines."""

    def __init__(
        self,
        url: str,
        views: Sequence[View],
        logs: Sequence[Followed],
        *,
        alarm: Callable[[str, BaseException], None] | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        readers: int = 4,
    ) -> None:
        """Open the database at `url` (as SQLAlchemy takes it) and see what the last run left."""
        self._views = {view.name: view for view in views}
        self._logs = {each.source.log: each for each in logs}
        self._alarm = alarm or _log_alarm
        self._now = now
        self._database = Database(url, readers)
        self._standing = Standing(self._views, self._database.dialect)
        grace = 0 if self._database.is_sqlite else _GRACE
        sources = {log: each.source for log, each in self._logs.items()}
        self._builder = Builder(self._database, self._standing, sources, self._alarm, now, grace)
        self._reader = Reader(self._database, self._standing, readers)
        self._open(grace)
        self._followers = {
            log: Follower(MAIN, source, self.effect(log), batch=self._database.batch, alarm=self._alarm)
            for log, source in sources.items()
        }
        progress = {log: follower.progress for log, follower in self._followers.items()}
        self._waiting = Waiting(self._standing, progress)
        self._noticing = None if self._database.is_sqlite else Noticing(self._database, self._standing, progress)
        heads = {log: each.heads for log, each in self._logs.items()}
        self._settling = Settling(self._database, self._standing, self._builder, heads, progress, self._alarm, now)
        self._rebuilding = set[str]()
        self._rebuilding_lock = threading.Lock()

    @property
    def names(self) -> Sequence[str]:
        """The views, in the order of their making."""
        return list(self._views)

    def start(self) -> None:
        """Begin to follow, and to build what must be built."""
        metering.standings.add(self._standing)
        for follower in self._followers.values():
            follower.start()
        if self._noticing is not None:
            self._noticing.start()
        self._settling.start()

    def stop(self) -> None:
        """Finish the batches and queries under way, leave builds for the next start, and close the database."""
        metering.standings.discard(self._standing)
        self._settling.stop()
        for follower in self._followers.values():
            follower.stop()
        if self._noticing is not None:
            self._noticing.stop()
        self._reader.close()
        self._database.close()

    def ready(self, timeout: float = 0.0) -> bool:
        """Tell whether every view answers in this program's version, waiting at most `timeout` seconds for it."""
        self._settling.settled.wait(timeout)
        with self._database.read() as connection:
            moment = self._standing.look(connection)
        return all(is_current(view, moment.live(view.name)) for view in self._views.values())

    @property
    def failed(self) -> dict[str, BaseException]:
        """The logs whose follower has stopped, with the error: for the health check."""
        return {log: each.failed for log, each in self._followers.items() if each.failed is not None}

    @property
    def waits(self) -> Mapping[str, LogError]:
        """The logs whose follower cannot go on at the moment, with the error; it goes on by itself.

        The database or the topic is away, or another program's version is in charge (VersionUnknown).
        """
        return {log: each.waits for log, each in self._followers.items() if each.waits is not None}

    def followers(self) -> Sequence[status.FollowerStatus]:
        """Tell how each log's follower does in this process, in order of log."""
        return [status.of_follower(each) for _, each in sorted(self._followers.items())]

    def effect(self, log: str) -> ViewsEffect:
        """Return what the main follower does with a log's records."""
        return ViewsEffect(MAIN, log, self._database, self._standing, self._alarm, self._now)

    async def read(self, query: Callable[[Connection, Tables], T]) -> T:
        """Run a query in a thread, in one snapshot: `lambda connection, tables: ... tables["inbox"] ...`.

        It must fetch what it returns. Refusal UNAVAILABLE, VIEW_NOT_READY, where a view does not answer yet.
        """
        return await self._reader.read(query)

    def read_here(self, query: Callable[[Connection, Tables], T]) -> T:
        """Run a query in the caller's thread."""
        return self._reader.read_here(query)

    async def wait(self, positions: Sequence[Position]) -> None:
        """Wait until what answers has folded the records at these positions: grpckit's `wait_for`.

        Ends with the caller's deadline by cancellation. Refusal INVALID, POSITION_UNKNOWN.
        """
        await self._waiting.wait(positions)

    async def changed(self, view: str, since: Mapping[int, int]) -> dict[int, int]:
        """Sleep until the view's follower is beyond `since` in some partition; return where it is.

        `since` is what `tables.positions(view)` gave in the query before, so nothing is missed in between.
        """
        return await self._waiting.changed(self._views[view].log, since)

    def rebuild(
        self,
        view: str,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
        on_difference: OnDifference = OnDifference.SWAP,
    ) -> Rebuilt:
        """Fold a view anew beside the live one, compare and swap, in the caller's thread.

        `progress(done, total)` is called after each batch, in records. Raises BeingBuilt, BuildStopped by `stop`,
        StoreUnavailable; then the live one is as it was.
        """
        with self._rebuilding_lock:
            if view in self._rebuilding or view in self._settling.missing:
                raise BeingBuilt(view)
            self._rebuilding.add(view)
        try:
            with self._database.building(view) as granted:
                if not granted:
                    raise BeingBuilt(view)
                return self._rebuild(self._views[view], progress, on_difference)
        finally:
            self._rebuilding.discard(view)

    def poisoned(self) -> Sequence[PoisonedStream]:
        """Return the streams that are parked."""
        with self._database.read() as connection:
            return poison.streams(connection)

    def retry_poisoned(self, view: str, stream: str, read_stream: ReadStream) -> bool:
        """Fold a parked stream again up to where the view stands; tell whether nothing of it is parked now."""
        whole = retry.retry(self._database, self._standing, view, stream, read_stream, self._now)
        with self._database.read() as connection:
            self._standing.look(connection)  # for those who ask this process how its views do
        return whole

    def compare_with_fresh_fold(self, view: str, source: Source | None = None) -> Comparison:
        """Fold a view from position 0 into a temporary database and compare it with the live one, row by row."""
        declared = self._views[view]
        chosen = source or self._logs[declared.log].source
        return audit.compare_with_fresh_fold(self._database, self._standing, declared, chosen)

    def status(self) -> Sequence[status.ViewStatus]:
        """Look at every view."""
        with self._database.read() as connection:
            return status.statuses(connection, self._standing, self._builder.underway)

    def _rebuild(self, view: View, progress: Callable[[int, int], None], on_difference: OnDifference) -> Rebuilt:
        partitions = self._logs[view.log].source.partitions
        with self._database.write() as connection:
            generation = generations.begin(connection, view, partitions, self._now())
        try:
            return self._builder.build(generation, self._settling.is_stopping, progress, on_difference)
        except BaseException:
            self._builder.drop(generation)
            raise

    def _open(self, grace: int) -> None:
        for view in self._views.values():
            if view.log not in self._logs:
                raise WrongView(view.name, f"its log {view.log} is not followed")
        partitions = {log: each.source.partitions for log, each in self._logs.items()}
        with self._database.write() as connection:
            replicas.alone(connection, replicas.CATALOGUE)
            catalogue.create(connection)
            generations.reconcile(connection, self._views, partitions, self._now(), grace)


def _log_alarm(name: str, error: BaseException) -> None:
    _log.error("%s: %s", name, error, exc_info=not isinstance(error, LogError))
