"""What an operator sees of views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from eventlog import positions
from eventlog.errors import LogError

from views import generations
from views.catalogue import MAIN, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventlog.follower import Follower
    from sqlalchemy.engine import Connection

    from views.building import Underway
    from views.catalogue import Generation
    from views.standing import Moment, Standing


@dataclass(frozen=True)
class ViewStatus:
    """One view at one moment."""

    view: str
    version: int  # the program's
    log: str
    generation: int  # the one that answers; where none does, the one being built
    state: str  # live; stale: answers from an older version, or from before a pause; building: does not answer yet
    since: int  # microseconds since 1970
    positions: Mapping[int, int]
    rows: int
    poisoned: int  # streams
    underway: Underway | None  # the build beside it


@dataclass(frozen=True)
class FollowerStatus:
    """What folds one log's views in this process, at one moment."""

    log: str
    state: str  # following; waiting: it goes on by itself; stopped: for good
    reason: str  # why it does not follow, without content
    behind: int  # records known, in the partitions it was given, that are not folded


def of_follower(follower: Follower) -> FollowerStatus:
    """Look at a follower; from any thread."""
    behind = sum(follower.lag().values())
    if (failed := follower.failed) is not None:
        # the text of an error that is not the log's own may repeat what was in a record
        reason = str(failed) if isinstance(failed, LogError) else type(failed).__qualname__
        return FollowerStatus(follower.log, "stopped", reason, behind)
    if (waits := follower.waits) is not None:
        return FollowerStatus(follower.log, "waiting", str(waits), behind)
    return FollowerStatus(follower.log, "following", "", behind)


def statuses(connection: Connection, standing: Standing, underway: Mapping[str, Underway]) -> Sequence[ViewStatus]:
    """Look at every view in one snapshot."""
    moment = standing.look(connection)
    return [
        _status(connection, standing, moment, generation, underway.get(name))
        for name in standing.views
        if (generation := moment.live(name) or _newest(moment, name)) is not None
    ]


def _newest(moment: Moment, view: str) -> Generation | None:
    own = [each for each in moment.generations if each.view == view]
    return own[-1] if own else None


def _status(
    connection: Connection, standing: Standing, moment: Moment, generation: Generation, underway: Underway | None
) -> ViewStatus:
    view = standing.views[generation.view]
    current = generations.fits(view, generation) and generation.follower == MAIN
    rows = connection.execute(sa.select(sa.func.count()).select_from(sa.table(generation.table_name)))
    return ViewStatus(
        view=view.name,
        version=view.version,
        log=generation.log,
        generation=generation.number,
        state="stale" if generation.state is State.LIVE and not current else str(generation.state),
        since=generation.since,
        positions=positions.read(connection, generation.follower, generation.log),
        rows=rows.scalar_one(),
        poisoned=len(moment.parked.get((generation.view, generation.number), ())),
        underway=underway,
    )
