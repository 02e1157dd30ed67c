"""Folding a parked stream again, when the cause of its failure is mended.

One transaction under the lock of the follower's position: what is read of the stream ends where the generation stands,
and what comes after is folded by the follower, which from the same commit on no longer passes the stream over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from eventlog import positions
from eventlog.errors import PositionMoved

from views import folding, generations, poison, replicas
from views.errors import RowsRefused, StreamIncomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eventlog.record import Recorded

    from views.catalogue import Generation
    from views.database import Database
    from views.poison import PoisonedStream
    from views.standing import Moment, Standing

_PAGE = 1000


class ReadStream(Protocol):
    """Reads a stream: `eventlog.store.Store.read_stream`, or a client of another service's log."""

    def __call__(self, stream: str, from_version: int, limit: int) -> Sequence[Recorded]:
        """Return at most `limit` records in order, from `from_version` on; empty at the stream's end."""


def retry(
    database: Database,
    standing: Standing,
    view: str,
    stream: str,
    read_stream: ReadStream,
    now: Callable[[], int],
) -> bool:
    """Fold a parked stream up to where each generation of the view stands; True when nothing of it is parked now.

    When it fails again, what could be folded is kept and the new place and reason are noted. Raises PositionMoved when
    another retry was faster, here or in another process (look again), and StreamIncomplete.
    """
    healed = True
    with database.read() as connection:
        moment = standing.look(connection)
        parked = poison.streams(connection, view, stream)
    for each in parked:
        generation = _of(each, moment)
        if generations.fits(standing.views[view], generation):
            healed &= _retry(database, standing, generation, each, read_stream, now())
    return healed


def _of(parked: PoisonedStream, moment: Moment) -> Generation:
    return next(g for g in moment.generations if (g.view, g.number) == (parked.view, parked.generation))


def _retry(
    database: Database,
    standing: Standing,
    generation: Generation,
    parked: PoisonedStream,
    read_stream: ReadStream,
    now: int,
) -> bool:
    try:
        with database.write() as connection:
            replicas.alone(connection, replicas.of_follower(generation.follower, parked.log))
            if parked not in poison.streams(connection, parked.view, parked.stream):
                raise PositionMoved(generation.follower, parked.log, parked.partition)  # another has retried it
            if _of(parked, standing.look(connection)).follower != generation.follower:
                raise PositionMoved(generation.follower, parked.log, parked.partition)
            here = positions.hold(connection, generation.follower, parked.log)[parked.partition]
            steps = folding.plan(standing.view_of(generation), _read(parked, read_stream, here))
            rows = standing.rows(generation)
            loaded = rows.load(connection, folding.keys_in(steps))
            changed, failures = folding.fold(standing.view_of(generation), steps, loaded, ())
            rows.write(connection, changed)
            for record, error in failures:
                poison.note_again(connection, parked, record, error, now)
            if not failures:
                poison.heal(connection, parked)
            return not failures
    except RowsRefused as error:
        with database.write() as connection:
            poison.note_again(connection, parked, None, error, now)
        return False


def _read(parked: PoisonedStream, read_stream: ReadStream, end: int) -> Sequence[Recorded]:
    """Read the stream from where it stopped to before position `end`."""
    found: list[Recorded] = []
    version = parked.version
    while page := read_stream(parked.stream, version, _PAGE):
        for record in page:
            if record.version != version or record.stream != parked.stream:
                raise StreamIncomplete(parked.stream, version)
            if record.position >= end:
                return found
            found.append(record)
            version += 1
    if not found:
        raise StreamIncomplete(parked.stream, version)
    return found
