"""What is measured of logs: instruments of OpenTelemetry's API, which do nothing until a process has chosen an SDK.

What lives long is not measured as it goes: writers, relays and followers that run are known here, and asked when
someone looks. Looking never raises and never waits.

    lienthong.append.*, lienthong.log.records       writers
    lienthong.relay.*                               relays
    lienthong.follower.*                            followers
    messaging.client.operation.duration             topics: publishing a batch
    messaging.process.duration                      followers: the work on a batch
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakSet

from opentelemetry.metrics import CallbackOptions, Observation, get_meter

from eventlog.measuring import measure

if TYPE_CHECKING:
    from eventlog.progress import Progress

T = TypeVar("T")
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RECORDS = tuple(float(2**power) for power in range(10))

_meter = get_meter("lienthong")
append_duration = _meter.create_histogram(
    "lienthong.append.duration",
    unit="s",
    description="From the submission of an append until it is durable",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
append_batch_size = _meter.create_histogram(
    "lienthong.append.batch.size",
    unit="{record}",
    description="Records that one commit made durable",
    explicit_bucket_boundaries_advisory=_RECORDS,
)
append_conflicts = _meter.create_counter(
    "lienthong.append.conflicts", unit="{append}", description="Appends that lost to another process"
)
_publish_duration = _meter.create_histogram(
    "messaging.client.operation.duration",
    unit="s",
    description="Publishing a batch of records of one partition",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
_process_duration = _meter.create_histogram(
    "messaging.process.duration",
    unit="s",
    description="A follower's work on a batch of records",
    explicit_bucket_boundaries_advisory=_SECONDS,
)


class Writing(Protocol):
    """What is asked of a writer."""

    log: str
    committed: Progress


class Relaying(Protocol):
    """What is asked of a relay."""

    log: str

    def lag(self) -> Mapping[int, int]:
        """See `eventlog.relay.Relay.lag`."""


class Following(Protocol):
    """What is asked of a follower."""

    name: str

    @property
    def log(self) -> str:
        """The log followed."""

    @property
    def failed(self) -> BaseException | None:
        """Why it has stopped for good."""

    @property
    def waits(self) -> BaseException | None:
        """Why it cannot go on at the moment."""

    def lag(self) -> Mapping[int, int]:
        """See `eventlog.follower.Follower.lag`."""


class Running(Generic[T]):
    """Those of a kind that run now. From any thread; none is kept alive by being known here."""

    def __init__(self) -> None:
        self._known: WeakSet[T] = WeakSet()
        self._lock = threading.Lock()

    def add(self, each: T) -> None:
        """Begin to know one."""
        with self._lock:
            self._known.add(each)

    def discard(self, each: T) -> None:
        """Forget one."""
        with self._lock:
            self._known.discard(each)

    def all(self) -> list[T]:
        """Return those known now."""
        with self._lock:
            return list(self._known)


writers: Running[Writing] = Running()
relays: Running[Relaying] = Running()
followers: Running[Following] = Running()


@contextmanager
def publishing(attributes: Mapping[str, str]) -> Iterator[None]:
    """Measure the publishing of a batch."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        measure(_publish_duration, time.perf_counter() - begun, attributes)


@contextmanager
def processing(attributes: Mapping[str, str]) -> Iterator[None]:
    """Measure a follower's work on a batch."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        measure(_process_duration, time.perf_counter() - begun, attributes)


def observe(
    name: str, description: str, look: Callable[[], Iterable[tuple[Mapping[str, str], int]]], unit: str
) -> None:
    """Have a gauge read by `look`; of several values for the same thing the largest is told."""

    def callback(_options: CallbackOptions) -> list[Observation]:
        worst: dict[tuple[tuple[str, str], ...], int] = {}
        for attributes, value in look():
            key = tuple(attributes.items())
            worst[key] = max(value, worst.get(key, value))
        return [Observation(value, dict(key)) for key, value in worst.items()]

    _meter.create_observable_gauge(name, [callback], unit=unit, description=description)


def _by_partition(log: str, values: Mapping[int, int], **more: str) -> Iterator[tuple[dict[str, str], int]]:
    return (({**more, "log": log, "partition": str(partition)}, value) for partition, value in values.items())


def log_records() -> Iterator[tuple[Mapping[str, str], int]]:
    """Return how many records each partition has, as far as this process knows."""
    for writer in writers.all():
        yield from _by_partition(writer.log, dict(enumerate(writer.committed.positions)))


def relay_lag() -> Iterator[tuple[Mapping[str, str], int]]:
    """Return how many records are committed and not published, of the partitions held."""
    for relay in relays.all():
        yield from _by_partition(relay.log, relay.lag())


def relay_partitions() -> Iterator[tuple[Mapping[str, str], int]]:
    """Return how many partitions are held."""
    for relay in relays.all():
        yield {"log": relay.log}, len(relay.lag())


def follower_lag() -> Iterator[tuple[Mapping[str, str], int]]:
    """Return how many records are known and not dealt with, of the partitions given."""
    for follower in followers.all():
        yield from _by_partition(follower.log, follower.lag(), follower=follower.name)


def follower_failed() -> Iterator[tuple[Mapping[str, str], int]]:
    """Return 1 for each follower that has stopped for good."""
    for follower in followers.all():
        yield {"follower": follower.name, "log": follower.log}, int(follower.failed is not None)


def follower_waiting() -> Iterator[tuple[Mapping[str, str], int]]:
    """Return 1 for each follower that cannot go on at the moment."""
    for follower in followers.all():
        yield {"follower": follower.name, "log": follower.log}, int(follower.waits is not None)


observe("lienthong.log.records", "Records of a partition, as this replica knows", log_records, "{record}")
observe("lienthong.relay.lag", "Records committed and not published", relay_lag, "{record}")
observe("lienthong.relay.partitions", "Partitions that this replica publishes", relay_partitions, "{partition}")
observe("lienthong.follower.lag", "Records known and not dealt with", follower_lag, "{record}")
observe("lienthong.follower.failed", "Whether it has stopped for good", follower_failed, "")
observe("lienthong.follower.waiting", "Whether it cannot go on at the moment", follower_waiting, "")
