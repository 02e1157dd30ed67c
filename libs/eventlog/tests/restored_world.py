"""A log whose database was restored to an earlier point, while its topic went on."""

from __future__ import annotations

from collections.abc import Sequence

from eventlog.conformance.material import append, made, request
from eventlog.postgresql import PostgresqlStore
from eventlog.record import Recorded, parse
from eventlog.schema import place
from eventlog.store import Request, Store
from eventlog.topic import Topic

from .postgresql_world import execute

LOG = "restored"
PARTITIONS = 2


def fill(store: Store, streams: Sequence[str], versions: int) -> None:
    """Append to each stream, one event or two at a time, each append under a request of its own."""
    for version in range(0, versions, 3):
        for stream in streams:
            for at, texts in ((version, ("1",)), (version + 1, ("2", "3"))):
                made(store.append([append(stream, at, *texts, request=request(f"{stream}-{at}"))])[0])


def publish(store: Store, topic: Topic, before: Sequence[int] = (0, 0)) -> None:
    """Publish everything from some positions on, as a relay does."""
    for partition, position in enumerate(before):
        at = position
        while records := store.read(partition, at, 100):
            topic.publish(records)
            at += len(records)


def go_back(url: str, heads: Sequence[int]) -> tuple[int, ...]:
    """Make the database what it was when the log had about these heads: no append is there in part. Return them."""
    return tuple(_go_back(url, partition, head) for partition, head in enumerate(heads))


def _go_back(url: str, partition: int, head: int) -> int:
    first, after = place(partition, head), place(partition + 1, 0)
    [[data]] = execute(url, f"SELECT data FROM log_restored.log_records WHERE place = {first}")  # noqa: S608 - a number
    if request_of(parse(data)) == _request_before(url, first):
        return _go_back(url, partition, head - 1)
    micros = _micros(url, first)
    lost = f"place >= {first} AND place < {after}"
    execute(
        url,
        f"DELETE FROM log_restored.log_records WHERE {lost}",  # noqa: S608 - numbers
        f"DELETE FROM log_restored.log_requests WHERE {lost}",  # noqa: S608 - numbers
        f"UPDATE log_restored.log_heads SET size = {head}, micros = {micros} WHERE partition = {partition}",  # noqa: S608
    )
    return head


def _request_before(url: str, at: int) -> Request | None:
    rows = execute(url, f"SELECT data FROM log_restored.log_records WHERE place = {at - 1}")  # noqa: S608 - a number
    return request_of(parse(rows[0][0])) if rows else None


def _micros(url: str, at: int) -> int:
    rows = execute(url, f"SELECT data FROM log_restored.log_records WHERE place = {at - 1}")  # noqa: S608 - a number
    return parse(rows[0][0]).micros if rows else 0


def requests(url: str) -> list[tuple[object, ...]]:
    """Return what the store remembers of requests."""
    return execute(url, "SELECT id, fingerprint, place, count FROM log_restored.log_requests ORDER BY place")


def request_of(recorded: Recorded) -> Request:
    """Tell the request that made a record: in this world it follows from stream and version."""
    return request(f"{recorded.stream}-{recorded.version - 1 - (recorded.version % 3 == 0)}")


def everything(store: PostgresqlStore) -> list[Recorded]:
    """Read the whole log."""
    return [each for partition in range(store.partitions) for each in store.read(partition, 0, 100_000)]
