"""A store, a topic and relays between them, any of which may fail at a chosen step."""

from __future__ import annotations

from eventlog.conformance.material import Clock, append, stream_in
from eventlog.errors import StoreUnavailable
from eventlog.lease import Leases
from eventlog.progress import Progress
from eventlog.relay import Relay, RelayPositions
from eventlog.topic import Topic
from eventlog.transactions import Database

from .databases import forget
from .doubles import PATIENCE, HostileTopic, MemoryStore

PARTITIONS = 2


class Positions(RelayPositions):
    """Positions that fail before or after they have moved."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.faults: list[str] = []

    def move(self, partition: int, epoch: int, old: int, new: int) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            raise StoreUnavailable("away")
        super().move(partition, epoch, old, new)
        if fault == "after":
            raise StoreUnavailable("away")


class World:
    """A store, a topic, and as many relays between them as are wanted."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.leases = Leases(database, 10, self.clock)
        self.positions = Positions(database)
        self.reset()

    def reset(self) -> None:
        forget(self.database)
        self.store = MemoryStore(PARTITIONS)
        self.topic: Topic = HostileTopic()
        self.progress = Progress([0] * PARTITIONS)

    def add(self, partition: int, count: int) -> None:
        size = self.store.heads()[partition]
        faults, self.store.faults = self.store.faults, []  # they are for the relay
        self.store.append([append(stream_in(partition, PARTITIONS), size, *["x"] * count)])
        self.store.faults = faults
        self.progress.moved(partition, size + count)

    def relay(self, holder: str = "a", batch: int = 3, recheck: float = 10 * PATIENCE) -> Relay:
        return Relay(
            self.store,
            self.topic,
            self.positions,
            self.leases,
            self.progress,
            holder=holder,
            batch=batch,
            recheck=recheck,
            clock=lambda: self.clock.micros / 1_000_000,
        )

    @property
    def hostile(self) -> HostileTopic:
        """The topic, where it is the hostile one."""
        assert isinstance(self.topic, HostileTopic)
        return self.topic

    def relayed(self) -> list[int]:
        rows = self.database.read("SELECT position FROM log_relayed ORDER BY partition", {})
        return [position for (position,) in rows]

    def sleep_through_the_lease(self) -> None:
        self.clock.micros += 11_000_000

    def assert_all_published(self) -> None:
        for partition, size in enumerate(self.store.heads()):
            self.hostile.assert_no_gap(partition, size)


def drain(relay: Relay) -> None:
    while relay.step():
        pass
