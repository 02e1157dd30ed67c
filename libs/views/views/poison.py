"""Streams that could not be folded into a view.

When `keys` or `fold` raise for a record, that stream's part of that generation stops: the place is noted here, an
alarm is raised, and later records of the stream are parked: they stay in the log, from where `views.retry` folds them
when the cause is mended. The position moves on, and no other stream or view waits. Nothing is skipped silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from traceback import extract_tb
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from views import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventlog.record import Recorded
    from sqlalchemy.engine import Connection

    from views.catalogue import Generation

_S = TypeVar("_S", sa.Update, sa.Delete)
_poisoned = sa.Table(
    "poisoned",
    catalogue.metadata,
    sa.Column("view", sa.String(40), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("log", sa.String(100), primary_key=True),
    sa.Column("stream", sa.String(200), primary_key=True),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),  # of the first record that is not folded
    sa.Column("version", sa.BigInteger, nullable=False),  # of the same, in its stream
    sa.Column("event_type", sa.String(200), nullable=False),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("first_at", sa.BigInteger, nullable=False),  # microseconds since 1970
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)


@dataclass(frozen=True)
class PoisonedStream:
    """A stream's part of a generation that has stopped, from `version` on."""

    view: str
    generation: int
    log: str
    stream: str
    partition: int
    position: int
    version: int
    event_type: str
    reason: str  # the error's type and place, never its text: that could hold personal data
    first_at: int  # microseconds since 1970
    last_at: int
    tries: int


def note(connection: Connection, generation: Generation, record: Recorded, error: Exception, now: int) -> str:
    """Park a record's stream from this record on; return the reason noted."""
    reason = reason_of(error)
    connection.execute(
        _poisoned.insert().values(
            view=generation.view,
            generation=generation.number,
            log=record.log,
            stream=record.stream,
            partition=record.partition,
            position=record.position,
            version=record.version,
            event_type=record.type_name,
            reason=reason,
            first_at=now,
            last_at=now,
            tries=1,
        )
    )
    catalogue.raise_epoch(connection)
    return reason


def note_again(
    connection: Connection, poisoned: PoisonedStream, record: Recorded | None, error: Exception, now: int
) -> None:
    """Note that another try failed; `record` is the one now at fault where what lies before it is folded."""
    values = {"reason": reason_of(error), "last_at": now, "tries": poisoned.tries + 1}
    if record is not None:
        values |= {"position": record.position, "version": record.version, "event_type": record.type_name}
    connection.execute(_at(poisoned, _poisoned.update()).values(values))


def heal(connection: Connection, poisoned: PoisonedStream) -> None:
    """Forget it: the stream is folded up to the generation's position."""
    connection.execute(_at(poisoned, _poisoned.delete()))
    catalogue.raise_epoch(connection)


def forget(connection: Connection, generation: Generation) -> None:
    """Forget all of a generation that goes."""
    connection.execute(
        _poisoned.delete().where(_poisoned.c.view == generation.view, _poisoned.c.generation == generation.number)
    )


def streams(connection: Connection, view: str | None = None, stream: str | None = None) -> Sequence[PoisonedStream]:
    """Return what is parked, of one view or stream where they are named."""
    query = sa.select(_poisoned).order_by(*_poisoned.primary_key)
    if view is not None:
        query = query.where(_poisoned.c.view == view)
    if stream is not None:
        query = query.where(_poisoned.c.stream == stream)
    return [PoisonedStream(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - public in spite of its name


def parked(connection: Connection) -> Sequence[tuple[str, int, str]]:
    """Return view, generation and stream of all that is parked."""
    result = connection.execute(sa.select(_poisoned.c.view, _poisoned.c.generation, _poisoned.c.stream))
    return [(view, generation, stream) for view, generation, stream in result]


def reason_of(error: BaseException) -> str:
    """Say what failed and where, without the error's text."""
    cause = error.__cause__ or error
    frames = extract_tb(cause.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(cause).__name__}{place}"[:300]


def _at(poisoned: PoisonedStream, statement: _S) -> _S:
    return statement.where(
        _poisoned.c.view == poisoned.view,
        _poisoned.c.generation == poisoned.generation,
        _poisoned.c.log == poisoned.log,
        _poisoned.c.stream == poisoned.stream,
    )
