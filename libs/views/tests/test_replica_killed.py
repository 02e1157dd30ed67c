"""A replica that is killed with work in its hands is replaced within seconds, and nothing is lost or doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from eventlog import positions, schema
from eventlog.conformance.material import append
from eventlog.partition import partition_of
from eventlog.sqlite import SqliteFile, create_tables
from eventlog.sqlite_store import SqliteStore
from views.catalogue import MAIN

from .replica_process import LOG, open_views
from .replicas import PATIENCE, until

PARTITIONS = 4
STREAMS = [f"stream-{number}" for number in range(20)]


class Service:
    """A log, a database and the processes of replicas on them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.store = SqliteStore(folder / "log.db", LOG, PARTITIONS)
        self.said = 0
        self._engine = sa.create_engine(url)
        leases = SqliteFile(folder / "leases.db", "OFF")
        with leases.write() as connection:
            create_tables(connection, schema.metadata)
        leases.close()

    @contextmanager
    def process(self, name: str) -> Iterator[subprocess.Popen[str]]:
        """Run a replica; it is killed at the end of the block."""
        program = Path(__file__).with_name("replica_process.py")
        places = [str(self.folder / "log.db"), str(self.folder / "leases.db"), str(PARTITIONS)]
        command = [sys.executable, str(program), self.url, *places, name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                yield process
            finally:
                process.kill()

    def say(self, rounds: int) -> None:
        for _ in range(rounds):
            self.said += 1
            self.store.append([append(stream, self.said - 1, "word") for stream in STREAMS])

    def folded(self) -> dict[int, int]:
        with self._engine.begin() as connection:
            return positions.read(connection, MAIN, LOG)

    def holders(self) -> dict[int, str]:
        file = SqliteFile(self.folder / "leases.db", "OFF")
        query = "SELECT name, holder FROM log_leases WHERE expires_micros >= ?"
        rows = dict(file.reader().execute(query, (time.time_ns() // 1000,)).fetchall())
        file.close()
        return {p: rows[name] for p in range(PARTITIONS) if (name := f"share/{MAIN}/{LOG}/{p}") in rows}

    def is_folded(self) -> bool:
        return list(self.folded().values()) == list(self.store.heads())

    def close(self) -> None:
        self._engine.dispose()
        self.store.close()


@pytest.fixture
def service(fresh_database: str, tmp_path: Path) -> Iterator[Service]:
    service = Service(fresh_database, tmp_path)
    yield service
    service.close()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_what_a_replica_had_goes_to_the_other(service: Service, end: signal.Signals) -> None:
    assert {partition_of(stream, PARTITIONS) for stream in STREAMS} == set(range(PARTITIONS))
    with service.process("a") as one, service.process("b"):
        until(lambda: sorted(service.holders().values()) == ["a", "a", "b", "b"])
        service.say(20)
        one.send_signal(end)
        began = time.monotonic()
        service.say(20)
        until(lambda: set(service.holders().values()) == {"b"})
        until(service.is_folded)
        assert time.monotonic() - began < PATIENCE / 2
        one.send_signal(signal.SIGCONT)  # the zombie wakes up
        service.say(20)
        until(service.is_folded)
    audit = open_views(service.url, service.store, service.folder / "leases.db", "audit")
    assert audit.compare_with_fresh_fold("counts").same
    [status] = audit.status()
    assert (sum(status.positions.values()), status.rows) == (60 * len(STREAMS), 1)
    assert audit.read_here(lambda c, tables: c.execute(sa.select(tables["counts"].c.seen)).scalar_one()) == 1200
    audit.stop()
