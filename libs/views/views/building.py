"""Building a generation beside the live one and putting it in charge.

It follows the log under a name of its own while the live one is written and read as ever. When it has come close, the
writers are held up for the last few records; a snapshot taken there shows both tables at the same position. They are
compared in that snapshot while writing goes on, and after the last few records of that time one transaction puts the
new one in charge. A query sees the old table or the new one, whole. A crash leaves the live one as it was.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from eventlog import positions
from eventlog.errors import PositionMoved

from views import catalogue, generations
from views.catalogue import MAIN, State
from views.catchup import CatchUp
from views.compare import Comparison, compare
from views.effect import ViewsEffect
from views.errors import BuildStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eventlog.topic import Source

    from views.catalogue import Generation
    from views.database import Database
    from views.standing import Standing

_log = logging.getLogger(__name__)
_CLOSE = 1_000  # records behind the live one: few enough to fold while its writer waits
_HELD_UP = 2.0  # seconds that the writers may be held up before the build lets them go on and tries again


class OnDifference(Enum):
    """What a rebuild does when the new table is not what the live one is."""

    SWAP = auto()  # the log is right: put the new one in charge, and report
    KEEP = auto()  # keep the live one, drop the new one, and report


@dataclass(frozen=True)
class Rebuilt:
    """How a rebuild ended."""

    view: str
    generation: int  # the new one's number
    swapped: bool
    seconds: float
    comparison: Comparison | None  # None where there was no live table of this version to compare with


@dataclass
class Underway:
    """How far a build has got, in records."""

    view: str
    generation: int
    done: int = 0
    total: int = 0


class Builder:
    """Builds generations; one call a view at a time."""

    def __init__(
        self,
        database: Database,
        standing: Standing,
        sources: Mapping[str, Source],
        alarm: Callable[[str, BaseException], None],
        now: Callable[[], int],
        grace: int,
    ) -> None:
        self._database = database
        self._standing = standing
        self._sources = sources
        self._alarm = alarm
        self._now = now
        self._grace = grace
        self.underway: dict[str, Underway] = {}

    def build(
        self,
        generation: Generation,
        stopped: Callable[[], bool],
        progress: Callable[[int, int], None],
        on_difference: OnDifference,
    ) -> Rebuilt:
        """Bring a generation to where the main follower stands and put it in charge; BuildStopped when `stopped`."""
        begun = time.monotonic()
        log = generation.log
        effect = ViewsEffect(generation.follower, log, self._database, self._standing, self._alarm, self._now)
        catch_up = CatchUp(generation.follower, self._sources[log], effect, self._database.batch)
        told = self.underway[generation.view] = Underway(generation.view, generation.number)

        def moved() -> None:
            told.done = sum(catch_up.positions.values())
            progress(told.done, max(told.total, told.done))

        try:
            comparison = None
            if self._live_of(generation) is not None:
                comparison = self._compare(generation, catch_up, stopped, moved)
                if not comparison.same:
                    _log.warning("view %s: generation %d differs", generation.view, generation.number)
                    if on_difference is OnDifference.KEEP:
                        self.drop(generation)
                        return _rebuilt(generation, begun, comparison, swapped=False)
            self._swap(generation, catch_up, stopped, moved)
        finally:
            catch_up.close()
            del self.underway[generation.view]
        self.sweep()
        return _rebuilt(generation, begun, comparison, swapped=True)

    def drop(self, generation: Generation) -> None:
        """Remove a generation if it is unfinished still."""
        with self._database.write() as connection:
            if generation in catalogue.generations(connection):
                generations.drop(connection, generation)

    def sweep(self) -> None:
        """Drop the tables of retired generations. SQLite's readers keep what they see; others get time to leave."""
        with self._database.write() as connection:
            old = self._now() - self._grace
            for each in catalogue.generations(connection):
                if each.state is State.RETIRED and each.since <= old:
                    generations.drop(connection, each)

    def _live_of(self, generation: Generation) -> Generation | None:
        with self._database.read() as connection:
            live = self._standing.look(connection).live(generation.view)
        comparable = live is not None and live.follower == MAIN
        return live if comparable and live != generation else None

    def _compare(
        self, generation: Generation, catch_up: CatchUp, stopped: Callable[[], bool], moved: Callable[[], None]
    ) -> Comparison:
        while True:
            self._come_close(generation, catch_up, stopped, moved)
            with self._database.read() as connection:
                with self._database.held_up(MAIN, generation.log):
                    if not catch_up.to(self._main(generation.log), stopped, moved, _HELD_UP):
                        continue
                    main = positions.read(connection, MAIN, generation.log)  # from here on the snapshot holds
                if positions.read(connection, generation.follower, generation.log) != main:
                    continue  # another process moved the live one meanwhile
                live = self._standing.look(connection).live(generation.view)
                if live is None:
                    raise BuildStopped(generation.view)
                old, new = self._standing.table(live), self._standing.table(generation)
                return compare(main, (connection, old), (connection, new))

    def _swap(
        self, generation: Generation, catch_up: CatchUp, stopped: Callable[[], bool], moved: Callable[[], None]
    ) -> None:
        while True:
            self._come_close(generation, catch_up, stopped, moved)
            with self._database.held_up(MAIN, generation.log):
                if not catch_up.to(self._main(generation.log), stopped, moved, _HELD_UP):
                    continue
                try:
                    with self._database.write() as connection:
                        if generations.put_in_charge(connection, generation, self._now()):
                            return
                except PositionMoved:
                    continue  # another process moved it meanwhile

    def _come_close(
        self, generation: Generation, catch_up: CatchUp, stopped: Callable[[], bool], moved: Callable[[], None]
    ) -> None:
        """Catch up without holding anyone up, until little is left."""
        while True:
            main = self._main(generation.log)
            self.underway[generation.view].total = sum(main.values())
            if sum(main.values()) - sum(catch_up.positions.values()) <= _CLOSE and not stopped():
                return
            if not catch_up.to(main, stopped, moved):
                raise BuildStopped(generation.view)

    def _main(self, log: str) -> dict[int, int]:
        with self._database.write() as connection:
            return positions.read(connection, MAIN, log)


def _rebuilt(generation: Generation, begun: float, comparison: Comparison | None, *, swapped: bool) -> Rebuilt:
    return Rebuilt(generation.view, generation.number, swapped, time.monotonic() - begun, comparison)
