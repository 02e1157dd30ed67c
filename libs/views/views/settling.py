"""After a start: bringing up what does not answer in this program's version yet.

What was found to be missing is built by one background thread, one view after the other, so that the followers keep
most of the machine:

- a first generation that moves with the main follower from position 0 answers when it has reached the heads that the
  log had at the start;
- one of a new version, or of a new view in an old service, is built under its own follower (`views.building`);
- a live one that another version of the program had left standing catches up, and goes on answering meanwhile.

Where several processes run the same views, one of them builds a view and the others wait for it; when it dies, another
one goes on from where it was.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from eventlog.errors import PositionMoved, StoreUnavailable

from views import generations
from views.building import OnDifference
from views.catalogue import MAIN, State
from views.errors import BuildStopped, Overtaken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventlog.progress import Progress

    from views.building import Builder
    from views.catalogue import Generation
    from views.database import Database
    from views.standing import Moment, Standing
    from views.view import View

_log = logging.getLogger(__name__)
_PAUSE = 0.2  # seconds


def is_current(view: View, live: Generation | None) -> bool:
    """Tell whether a view answers in this version and moves with the main follower."""
    return live is not None and live.state is State.LIVE and live.follower == MAIN and generations.fits(view, live)


class Settling:
    """The background thread's work, and `missing`, the views that it has not brought up yet."""

    def __init__(
        self,
        database: Database,
        standing: Standing,
        builder: Builder,
        heads: Mapping[str, Callable[[], Sequence[int]]],
        progress: Mapping[str, Progress],
        alarm: Callable[[str, BaseException], None],
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._standing = standing
        self._builder = builder
        self._heads = heads
        self._progress = progress
        self._alarm = alarm
        self._now = now
        self._stopping = threading.Event()
        self.settled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="views-builder", daemon=True)
        with database.read() as connection:
            moment = standing.look(connection)
        self._jobs = [job for view in standing.views.values() if (job := self._job(view, moment)) is not None]
        self.missing = {generation.view for generation in self._jobs}

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Leave the build under way for the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def is_stopping(self) -> bool:
        """Tell whether `stop` was called."""
        return self._stopping.is_set()

    def _job(self, view: View, moment: Moment) -> Generation | None:
        own = [each for each in moment.generations if each.view == view.name and generations.fits(view, each)]
        own = [each for each in own if each.state is not State.RETIRED]
        if not own or is_current(view, own[-1]) or self._is_of_empty_log(own[-1]):
            return None
        return own[-1]

    def _is_of_empty_log(self, generation: Generation) -> bool:
        """Put a first generation in charge at once where its log is empty: there is nothing to wait for."""
        try:
            if generation.follower != MAIN or any(self._heads[generation.log]()):
                return False
        except StoreUnavailable:
            return False
        self._put_in_charge(generation)
        return True

    def _put_in_charge(self, generation: Generation) -> None:
        with self._database.write() as connection:
            generations.put_in_charge(connection, generation, self._now())

    def _run(self) -> None:
        try:
            for generation in self._jobs:
                self._settle(generation)
        except BuildStopped:
            return
        finally:
            self.settled.set()

    def _settle(self, generation: Generation) -> None:
        try:
            while not self._is_up(generation):
                self._try(generation)
        except BuildStopped:
            raise
        except Exception as error:  # noqa: BLE001 - a thread's last resort: tell; the next start tries again
            self._alarm(generation.own_follower, error)

    def _try(self, generation: Generation) -> None:
        try:
            with self._database.building(generation.view) as granted:
                if granted and not self._is_up(generation):
                    self._bring_up(generation)
                    return
        except (StoreUnavailable, PositionMoved, Overtaken) as error:
            _log.warning("the build of view %s waits: %s", generation.view, error)
        if self._stopping.wait(_PAUSE):
            raise BuildStopped(generation.view)

    def _is_up(self, generation: Generation) -> bool:
        """Tell whether the view answers, or a newer program has dropped what this one built; false if unknown now."""
        try:
            with self._database.read() as connection:
                moment = self._standing.look(connection)
        except StoreUnavailable:
            return False
        up = is_current(self._standing.views[generation.view], moment.live(generation.view))
        if up:
            self.missing.discard(generation.view)
        waiting = [each.number for each in moment.of(generation.view) if each.state is not State.RETIRED]
        return up or generation.number not in waiting

    def _bring_up(self, generation: Generation) -> None:
        if generation.follower != MAIN:
            self._builder.build(generation, self.is_stopping, lambda _done, _total: None, OnDifference.SWAP)
            return
        heads = self._heads[generation.log]()
        progress = self._progress[generation.log]
        while behind := {p: at for p, at in enumerate(progress.positions) if at < heads[p]}:
            if self.is_stopping():
                raise BuildStopped(generation.view)
            progress.wait_beyond(behind, _PAUSE)
        self._put_in_charge(generation)
