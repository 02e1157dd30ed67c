"""Hostile doubles: a store with a gate, a feed that plays a script, a topic and an effect that fail at chosen steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

import sqlalchemy as sa
from eventlog import positions
from eventlog.conformance.material import START, texts
from eventlog.errors import Refused, StoreUnavailable
from eventlog.plan import Answered, Head, Planner
from eventlog.record import Recorded
from eventlog.store import Append, Appended, Request
from sqlalchemy.pool import StaticPool

PATIENCE = 20.0  # seconds until a wait is given up; none takes as long when all is well


class Crash(Exception):
    """The process died here."""


class MemoryStore:
    """A store in memory: each commit waits at the gate, and fails when it finds a fault."""

    def __init__(self, partitions: int = 4, lanes: int = 1) -> None:
        self.log, self.partitions, self.lanes = "memory", partitions, lanes
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)  # released at each commit that comes to the gate
        self.faults: list[Exception] = []  # of the next commits and reads
        self.batches: list[Sequence[Append]] = []
        self._records: list[list[Recorded]] = [[] for _ in range(partitions)]
        self._requests: dict[str, Answered] = {}

    def append(self, batch: Sequence[Append]) -> Sequence[Appended | Refused]:
        self.batches.append(batch)
        self.arrived.release()
        assert self.gate.wait(PATIENCE)
        if self.faults:
            raise self.faults.pop(0)
        versions: dict[str, int] = {}
        for partition in self._records:
            versions |= {recorded.stream: recorded.version for recorded in partition}
        heads = [Head(len(found), START) for found in self._records]
        plan = Planner(self.log, self.partitions, heads, lambda: START).plan(batch, versions, self._requests)
        for recorded in plan.records:
            self._records[recorded.partition].append(recorded)
        self._requests |= {answered.request.id: answered for answered in plan.requests}
        return [Appended(self._made(a), repeated=True) if isinstance(a, Answered) else a for a in plan.answers]

    @property
    def failed(self) -> None:
        """It never does for good."""

    def read(self, partition: int, position: int, limit: int) -> Sequence[Recorded]:
        if self.faults:
            raise self.faults.pop(0)
        return self._records[partition][position : position + limit]

    def read_stream(self, stream: str, from_version: int = 1, limit: int = 1000) -> Sequence[Recorded]:
        found = [r for partition in self._records for r in partition if r.stream == stream]
        return found[from_version - 1 : from_version - 1 + limit]

    def read_request(self, request: Request) -> Sequence[Recorded]:
        return self._made(self._requests[request.id]) if request.id in self._requests else ()

    def heads(self) -> Sequence[int]:
        return [len(found) for found in self._records]

    def close(self) -> None:
        """Nothing is held."""

    def _made(self, answered: Answered) -> list[Recorded]:
        return self._records[answered.partition][answered.position : answered.position + answered.count]


# What a feed plays, told its follower's name and where it begins.
Script = Callable[[str, Mapping[int, int]], Iterable[Sequence[Recorded] | Exception]]


class ScriptedSource:
    """A source whose feeds play what a script gives for where they begin; then `exhausted` is called."""

    def __init__(self, script: Script, partitions: int = 1) -> None:
        self.log, self.partitions = "scripted", partitions
        self.measured: Mapping[str, str] = {"messaging.system": "script", "messaging.destination.name": "scripted"}
        self.behind: dict[int, int] = {}  # what its feeds say is to come
        self.opened: list[Mapping[int, int]] = []
        self.closed = 0
        self.exhausted: Callable[[], None] = lambda: None  # called at each poll after the script's end
        self._script = script

    def subscribe(self, name: str, from_positions: Mapping[int, int]) -> ScriptedFeed:
        self.opened.append(dict(from_positions))
        return ScriptedFeed(self, iter(self._script(name, from_positions)))

    def share(self, name: str, positions: Callable[[], Mapping[int, int]]) -> ScriptedFeed:
        return self.subscribe(name, positions())

    def over(self) -> None:
        self.closed += 1


class ScriptedFeed:
    """Plays a script; an exception in it is raised."""

    def __init__(self, source: ScriptedSource, script: Iterable[Sequence[Recorded] | Exception]) -> None:
        self._source = source
        self._script = iter(script)

    def poll(self, limit: int, timeout: float) -> Sequence[Recorded]:
        del limit, timeout
        for step in self._script:
            if isinstance(step, Exception):
                raise step
            return step
        self._source.exhausted()
        return ()

    def lag(self) -> Mapping[int, int]:
        return self._source.behind

    def wake(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self._source.over()


class TableEffect:
    """Writes each record's text into a table, and fails at steps told beforehand.

    Steps: "before" anything, "between" effect and position, "uncommitted" after both, "committed" after the commit.
    """

    def __init__(self, engine: sa.Engine, name: str = "views", partitions: int = 1) -> None:
        self.faults: list[tuple[str, Exception]] = []
        self.applied: list[int] = []
        self._engine, self._name, self._partitions = engine, name, partitions

    def positions(self) -> Mapping[int, int]:
        with self._engine.begin() as connection:
            positions.ensure(connection, self._name, "scripted", self._partitions)
            return positions.read(connection, self._name, "scripted")

    def apply(self, partition: int, position: int, records: Sequence[Recorded]) -> None:
        fault, error = self.faults.pop(0) if self.faults else ("", None)
        _fail(fault == "before", error)
        with self._engine.begin() as connection:
            for text in texts(records):
                connection.execute(effects.insert(), {"partition": partition, "said": text})
            _fail(fault == "between", error)
            positions.move(connection, self._name, "scripted", partition, position, position + len(records))
            _fail(fault == "uncommitted", error)
        self.applied.append(len(records))
        _fail(fault == "committed", error)

    def said(self, partition: int = 0) -> list[str]:
        query = sa.select(effects.c.said).where(effects.c.partition == partition).order_by(effects.c.number)
        with self._engine.begin() as connection:
            return list(connection.scalars(query))


def _fail(here: bool, error: Exception | None) -> None:  # noqa: FBT001 - a step of a script
    if here and error is not None:
        raise error


_metadata = sa.MetaData()
effects = sa.Table(
    "effects",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
)


def database() -> sa.Engine:
    """Open a database in memory with the tables of effects and positions."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _metadata.create_all(engine)
    positions.metadata.create_all(engine)
    return engine


class HostileTopic:
    """A topic in memory that keeps every publication, and may fail after having taken a part."""

    def __init__(self) -> None:
        self.published: dict[int, list[int]] = {}
        self.parts: list[int] = []  # how many of the next publications are taken before they fail
        self.before: Callable[[], None] = lambda: None

    def publish(self, records: Sequence[Recorded]) -> None:
        self.before()
        part = self.parts.pop(0) if self.parts else None
        for recorded in records[:part]:
            self.published.setdefault(recorded.partition, []).append(recorded.position)
        if part is not None:
            raise StoreUnavailable("the topic is away")

    def heads(self, log: str, partitions: int) -> Sequence[int]:
        del log
        return [max(self.published.get(partition, []), default=-1) + 1 for partition in range(partitions)]

    def source(self, log: str, partitions: int) -> ScriptedSource:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held."""

    def assert_no_gap(self, partition: int, size: int) -> None:
        """Check that whoever drops repeats has seen 0, 1, 2... up to `size`."""
        wanted = 0
        for position in self.published.get(partition, []):
            assert position <= wanted, "a gap was published"
            wanted = max(wanted, position + 1)
        assert wanted == size
