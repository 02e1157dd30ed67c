"""Spans of what becomes of a record, each a child of the call that made it: the record carries its trace context.

Only what happens now has spans: a record that says that it is sampled, that is not older than a minute, in a batch that
is no catching up; of a batch the first MOST. Spans of one batch share its work, so each is linked to the first.

Nothing here happens before `use` is given a tracer: the SDK is chosen, and imported, by whoever runs the process.
Source: the semantic conventions of OpenTelemetry for messaging.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.trace import Link, SpanKind, Status, StatusCode, set_span_in_context

from eventlog.trace_context import context_of, is_sampled

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

    from eventlog.record import Recorded

    Attributes = Mapping[str, str | int]
    Place = tuple[str, int, int]

MOST = 4  # records of a batch that have spans
_CATCHING_UP = 1_000  # records: a batch of more is not live
_LIVE_MICROS = 60_000_000
_NOTHING: Attributes = {}

# Most records are of calls that nobody sampled: their bytes tell, and a relay need not parse them for it.
_MAY_BE_SAMPLED = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]").search

_tracer: Tracer | None = None
_share = 1.0
_under_way: ContextVar[Mapping[Place, Span]] = ContextVar("under_way")


class Happened(NamedTuple):
    """Something that is over: under which span, since when (nanoseconds since 1970), and what is told of it."""

    parent: Context
    begun: int
    attributes: Attributes


def use(tracer: Tracer | None, share: float = 1.0) -> None:
    """Make spans with this tracer from now on, None: make none; begin traces for `share` of the calls without one."""
    global _tracer, _share
    _tracer, _share = tracer, share


def begins() -> bool:
    """Draw whether a call that belongs to no trace begins one: a span that is made to be dropped costs its making."""
    return _share >= 1 or random.random() < _share  # noqa: S311 - no secret


def tracer() -> Tracer | None:
    """Return what makes spans; None where nothing does."""
    return _tracer


def live(records: Sequence[Recorded]) -> list[Recorded]:
    """Return the records that have spans."""
    if _tracer is None or not 0 < len(records) <= _CATCHING_UP:
        return []
    since = time.time_ns() // 1000 - _LIVE_MICROS
    found: list[Recorded] = []
    for recorded in records if records[-1].micros >= since else ():
        if _MAY_BE_SAMPLED(recorded.data) and _is_sampled(recorded) and recorded.micros >= since:
            found.append(recorded)
            if len(found) == MOST:
                break
    return found


def _is_sampled(recorded: Recorded) -> bool:
    return is_sampled(recorded.record.cause.traceparent)


def published(named: Mapping[str, str], records: Sequence[Recorded]) -> AbstractContextManager[None]:
    """Make the spans of publishing a batch; `named` has the system and the destination."""
    told = {**named, "messaging.operation.name": "publish", "messaging.operation.type": "send"}
    return spans(f"publish {named['messaging.destination.name']}", SpanKind.PRODUCER, records, told)


def processed(named: Mapping[str, str], follower: str, records: Sequence[Recorded]) -> AbstractContextManager[None]:
    """Make the spans of a follower's work on a batch."""
    told = {**named, "messaging.operation.name": "process", "messaging.operation.type": "process"}
    told["messaging.consumer.group.name"] = follower
    return spans(f"process {named['messaging.destination.name']}", SpanKind.CONSUMER, records, told)


@contextmanager
def spans(name: str, kind: SpanKind, records: Sequence[Recorded], attributes: Attributes) -> Iterator[None]:
    """Give each live record a span for as long as the block takes; within it they are under way."""
    chosen = live(records)
    if not chosen:
        yield
        return
    more = {**attributes, "messaging.batch.message_count": len(records)}
    parents = [(each, context_of(each.record.cause.traceparent)) for each in chosen]
    with _open(name, kind, parents, more) as opened:
        token = _under_way.set(opened)
        try:
            yield
        finally:
            _under_way.reset(token)


@contextmanager
def inner(name: str, records: Iterable[Recorded]) -> Iterator[None]:
    """Give those of the records that are under way a span within theirs, for as long as the block takes."""
    outer = _under_way.get(_NONE)
    chosen = [each for each in records if _place(each) in outer] if outer else []
    if not chosen:
        yield
        return
    parents = [(each, set_span_in_context(outer[_place(each)])) for each in chosen]
    with _open(name, SpanKind.INTERNAL, parents, _NOTHING):
        yield


def note(name: str, kind: SpanKind, happened: Sequence[Happened], ended: int) -> None:
    """Make the spans of things that are over since `ended` (nanoseconds since 1970) and shared one work."""
    if _tracer is None:
        return
    links: list[Link] = []
    for each in happened[:MOST]:
        span = _tracer.start_span(name, each.parent, kind, each.attributes, links=links, start_time=each.begun)
        links = links or [Link(span.get_span_context())]
        span.end(ended)


def attributes_of(recorded: Recorded) -> dict[str, str | int]:
    """Say which record it is, and nothing of what it holds."""
    return {
        "lienthong.log": recorded.log,
        "lienthong.partition": recorded.partition,
        "lienthong.position": recorded.position,
        "lienthong.event": recorded.type_name,
    }


@contextmanager
def _open(
    name: str, kind: SpanKind, parents: Sequence[tuple[Recorded, Context | None]], attributes: Attributes
) -> Iterator[Mapping[Place, Span]]:
    if _tracer is None:
        yield _NONE
        return
    links: list[Link] = []
    opened: dict[Place, Span] = {}
    for recorded, parent in parents:
        told = {**attributes, **attributes_of(recorded)}
        span = _tracer.start_span(name, parent, kind, told, links=links)
        links = links or [Link(span.get_span_context())]
        opened[_place(recorded)] = span
    try:
        yield opened
    except BaseException as error:
        for span in opened.values():  # the kind of error, never its text: it could hold personal data
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        for span in opened.values():
            span.end()


def _place(recorded: Recorded) -> Place:
    return recorded.log, recorded.partition, recorded.position


_NONE: Mapping[Place, Span] = {}
