"""What every transaction must know of the catalogue, read again only when its epoch has moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from eventlog.progress import Progress

from views import catalogue, poison
from views.errors import VersionUnknown
from views.postgresql_rows import PostgresqlRows
from views.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.engine import Connection, Dialect

    from views.catalogue import Generation
    from views.view import View


@dataclass(frozen=True)
class Moment:
    """The catalogue at one epoch."""

    epoch: int
    generations: Sequence[Generation]
    parked: Mapping[tuple[str, int], frozenset[str]]  # by view and generation: the streams

    def under(self, follower: str, log: str) -> list[Generation]:
        """Return the generations that a follower moves."""
        return [each for each in self.generations if each.follower == follower and each.log == log]

    def stands_still(self, views: Collection[str], logs: Collection[str]) -> bool:
        """Tell whether some live generation of these views and logs does not move with the main follower."""
        return any(
            each.state is catalogue.State.LIVE and each.follower != catalogue.MAIN
            for each in self.generations
            if each.view in views and each.log in logs
        )

    def of(self, view: str) -> list[Generation]:
        """Return a view's generations, oldest first."""
        return [each for each in self.generations if each.view == view]

    def live(self, view: str) -> Generation | None:
        """Return a view's live generation."""
        return next((g for g in self.generations if g.view == view and g.state is catalogue.State.LIVE), None)


class Standing:
    """The catalogue as this process last saw it, and the tables made from it. Safe in any thread."""

    def __init__(self, views: Mapping[str, View], dialect: Dialect) -> None:
        self.views = views
        self._dialect = dialect
        self._seen = Moment(-1, (), {})
        self.changes = Progress([0])  # of the epoch
        self._tables: dict[str, sa.Table] = {}
        self._rows: dict[str, Rows | PostgresqlRows] = {}

    def look(self, connection: Connection) -> Moment:
        """Return the catalogue as the transaction sees it; ask before changing it: that could be rolled back."""
        now = catalogue.epoch(connection)
        seen = self._seen
        if seen.epoch == now:
            return seen
        parked: dict[tuple[str, int], set[str]] = {}
        for view, generation, stream in poison.parked(connection):
            parked.setdefault((view, generation), set()).add(stream)
        frozen = {place: frozenset(streams) for place, streams in parked.items()}
        moment = Moment(now, catalogue.generations(connection), frozen)
        if now > self._seen.epoch:  # a reader's snapshot may be older than what a writer has seen
            self._seen = moment
            self.changes.moved(0, now)
        return moment

    @property
    def last(self) -> Moment:
        """What was seen last, to prepare work by; `look` tells whether it still holds."""
        return self._seen

    def view_of(self, generation: Generation) -> View:
        """Return the view to fold a generation with; VersionUnknown where this program has another one."""
        view = self.views.get(generation.view)
        if view is None or view.version != generation.version or view.shape != generation.shape:
            raise VersionUnknown(generation.view, generation.version)
        return view

    def table(self, generation: Generation) -> sa.Table:
        """Return a generation's table, with the columns that this program knows."""
        name = generation.table_name
        if name not in self._tables:
            self._tables[name] = self.views[generation.view].table(name)
        return self._tables[name]

    def rows(self, generation: Generation) -> Rows | PostgresqlRows:
        """Return the bulk access to a generation's table."""
        name = generation.table_name
        if name not in self._rows:
            made = PostgresqlRows if self._dialect.name == "postgresql" else Rows
            self._rows[name] = made(self.view_of(generation), self.table(generation), self._dialect)
        return self._rows[name]
