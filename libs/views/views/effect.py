"""The effect of a follower on views: rows, parked streams and the position, in one transaction.

Invariants:

1. The position is moved first, by compare-and-set, alone among all that fold under this name (`views.replicas`). So
   what is read after it is not read beside another writer's work; a zombie gets PositionMoved before it has touched a
   row.
2. All generations under the follower's name are folded, or the position does not move: with VersionUnknown a program
   older than the database stands by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog import positions, tracing

from views import folding, poison, replicas
from views.errors import Poisoned, RowsRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.record import Recorded
    from sqlalchemy.engine import Connection

    from views.catalogue import Generation
    from views.database import Database
    from views.standing import Standing

    Plans = Mapping[str, Sequence[folding.Step]]


class ViewsEffect:
    """An `eventlog.follower.Effect` that folds one log into every generation under one follower's name."""

    def __init__(
        self,
        follower: str,
        log: str,
        database: Database,
        standing: Standing,
        alarm: Callable[[str, BaseException], None],
        now: Callable[[], int],
    ) -> None:
        self.follower = follower
        self.log = log
        self._database = database
        self._standing = standing
        self._alarm = alarm
        self._now = now

    def positions(self) -> Mapping[int, int]:
        """Return for each partition the next position wanted; VersionUnknown as in `apply`."""
        with self._database.write() as connection:
            found = positions.read(connection, self.follower, self.log)
            for generation in self._standing.look(connection).under(self.follower, self.log):
                self._standing.view_of(generation)
            return found

    def apply(self, partition: int, position: int, records: Sequence[Recorded]) -> None:
        """Fold consecutive records and move the position, in one transaction.

        Only where the database itself refuses rows (a value that a column cannot hold) the batch is halved, each half
        a transaction, until the record at fault stands alone and is parked.
        """
        refused: dict[str, Exception] = {}
        while True:
            try:
                found = self._apply(partition, position, records, refused)
            except RowsRefused as error:
                if len(records) > 1:
                    half = len(records) // 2
                    self.apply(partition, position, records[:half])
                    self.apply(partition, position + half, records[half:])
                    return
                refused[error.view] = error
            else:
                for each in found:
                    self._alarm(self.follower, each)
                if found:
                    self._look()
                return

    def _apply(
        self, partition: int, position: int, records: Sequence[Recorded], refused: Mapping[str, Exception]
    ) -> list[Poisoned]:
        expected = self._standing.last
        plans = self._plan(expected.under(self.follower, self.log), records)  # parses outside the lock
        with self._database.write() as connection:
            end = position + len(records)
            replicas.fold(connection, self.follower, self.log)
            positions.move(connection, self.follower, self.log, partition, position, end)
            moment = self._standing.look(connection)
            generations = moment.under(self.follower, self.log)
            if moment is not expected:
                plans = self._plan(generations, records)
            found = []
            for generation in generations:
                parked = moment.parked.get((generation.view, generation.number), frozenset())
                failures = [(record, error) for record in records if (error := refused.get(generation.view))]
                if not failures:
                    failures = self._fold(connection, generation, plans[generation.view], parked)
                found += [self._park(connection, generation, *failure) for failure in failures]
        return found

    def _look(self) -> None:
        """See what was parked, for those who ask this process how its views do."""
        with self._database.read() as connection:
            self._standing.look(connection)

    def _plan(self, generations: Sequence[Generation], records: Sequence[Recorded]) -> Plans:
        views = [self._standing.view_of(generation) for generation in generations]
        return {view.name: folding.plan(view, records) for view in views}

    def _fold(
        self,
        connection: Connection,
        generation: Generation,
        steps: Sequence[folding.Step],
        parked: frozenset[str],
    ) -> list[tuple[Recorded, Exception]]:
        if not steps:
            return []
        rows = self._standing.rows(generation)
        with tracing.inner(f"fold {generation.view}", (record for record, _ in steps)):
            loaded = rows.load(connection, folding.keys_in(steps))
            changed, failures = folding.fold(self._standing.views[generation.view], steps, loaded, parked)
            rows.write(connection, changed)
        return failures

    def _park(self, connection: Connection, generation: Generation, record: Recorded, error: Exception) -> Poisoned:
        reason = poison.note(connection, generation, record, error, self._now())
        return Poisoned(generation.view, self.log, record.stream, record.version, reason)
