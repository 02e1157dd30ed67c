"""The life of generations: begun, put in charge, retired, dropped; and what a start finds of the last run.

Each function is one step inside the caller's transaction, so that a crash leaves a state which `reconcile` understands.
Those that change something are alone with the catalogue (`views.replicas`), and read the main follower's positions only
when they hold them: what another process folds meanwhile waits, and then finds the catalogue as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventlog import positions

from views import catalogue, poison, replicas
from views.catalogue import MAIN, Generation, State
from views.errors import Overtaken
from views.replicas import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from views.view import View


def begin(connection: Connection, view: View, partitions: int, now: int, follower: str | None = None) -> Generation:
    """Make an empty generation, building, at position 0 under its own follower or the one named."""
    replicas.alone(connection, CATALOGUE)
    known = [each.number for each in catalogue.generations(connection) if each.view == view.name]
    number = max(known, default=0) + 1
    generation = Generation(view.name, number, view.version, view.log, "", State.BUILDING, now, view.shape)
    name = follower or generation.own_follower
    generation = Generation(**{**vars(generation), "follower": name})
    table = view.table(generation.table_name)
    table.create(connection)
    catalogue.add(connection, generation)
    positions.ensure(connection, name, view.log, partitions)
    return generation


def put_in_charge(connection: Connection, generation: Generation, now: int) -> bool:
    """Let a generation that stands where the main follower stands answer and move with it; retire the one before.

    False, and nothing is changed, when it does not stand there. True when another process has done it already;
    Overtaken when another one was put in charge since, or this one is gone.
    """
    replicas.alone(connection, CATALOGUE)
    log = generation.log
    main = positions.hold(connection, MAIN, log)
    stored = catalogue.generations(connection)
    found = next((g for g in stored if (g.view, g.number) == (generation.view, generation.number)), None)
    if found is None or found.state is State.RETIRED:
        raise Overtaken(generation.view, generation.number)
    if found.follower != MAIN:
        if positions.hold(connection, found.follower, log) != main:
            return False
        positions.forget(connection, found.follower, log)
    elif found.state is State.LIVE:
        return True
    for other in stored:
        if other.view == generation.view and other.state is State.LIVE and other.number != generation.number:
            _leave(connection, other)
            catalogue.change(connection, other, State.RETIRED, "", now)
    catalogue.change(connection, generation, State.LIVE, MAIN, now)
    return True


def drop(connection: Connection, generation: Generation) -> None:
    """Remove a generation with all that belongs to it."""
    replicas.alone(connection, CATALOGUE)
    _leave(connection, generation)
    poison.forget(connection, generation)
    catalogue.remove(connection, generation)


def reconcile(
    connection: Connection, views: Mapping[str, View], partitions: Mapping[str, int], now: int, grace: int
) -> None:
    """Bring what the last run left in line with the views of this program; the live ones go on answering.

    Dropped: retired generations older than `grace` (microseconds), those of views that are gone, and unfinished ones
    that nobody waits for and nobody builds. Unfinished ones of a new version are continued. A live one of another
    version stands still under a follower of its own. Any number of processes may do it at once. Be alone with the
    catalogue.
    """
    for log, count in partitions.items():
        positions.ensure(connection, MAIN, log, count)
        positions.hold(connection, MAIN, log)
    stored = catalogue.generations(connection)
    for generation in stored:
        over = generation.state is State.RETIRED and generation.since + grace <= now
        if over or generation.view not in views:
            drop(connection, generation)
    for view in views.values():
        own = [each for each in stored if each.view == view.name and each.state is not State.RETIRED]
        _reconcile(connection, view, own, partitions[view.log], now)


def fits(view: View, generation: Generation) -> bool:
    """Tell whether a generation was folded by this version of its view."""
    return (generation.version, generation.shape, generation.log) == (view.version, view.shape, view.log)


def _reconcile(connection: Connection, view: View, own: Sequence[Generation], partitions: int, now: int) -> None:
    live = next((each for each in own if each.state is State.LIVE), None)
    building = [each for each in own if each.state is State.BUILDING]
    current = live is not None and fits(view, live)
    wanted = [] if current else [each for each in building if fits(view, each)][-1:]
    unwanted = [each for each in building if each not in wanted]
    if unwanted and not replicas.is_being_built(connection, view.name):
        for generation in unwanted:
            drop(connection, generation)
    if current:
        return
    if live is not None and live.follower == MAIN:
        _stand_still(connection, live, now)
    if not wanted:
        fresh = not any(positions.read(connection, MAIN, view.log).values())
        begin(connection, view, partitions, now, MAIN if fresh else None)


def _stand_still(connection: Connection, live: Generation, now: int) -> None:
    """Take a generation that this program cannot fold out of the main follower, where it is now."""
    here = positions.read(connection, MAIN, live.log)
    positions.ensure(connection, live.own_follower, live.log, len(here))
    for partition, position in here.items():
        positions.move(connection, live.own_follower, live.log, partition, 0, position)
    catalogue.change(connection, live, State.LIVE, live.own_follower, now)


def _leave(connection: Connection, generation: Generation) -> None:
    if generation.follower not in (MAIN, ""):
        positions.forget(connection, generation.follower, generation.log)
