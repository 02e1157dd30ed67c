"""A real store and its writer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from decider.executor import Executor
from eventlog.conformance.audit import audit
from eventlog.sqlite_store import SqliteStore
from eventlog.writer import Writer

from .counter import COUNTER, Counter


@dataclass(frozen=True)
class Process:
    """What one process has of a log."""

    store: SqliteStore
    writer: Writer
    executor: Executor[Counter]


@pytest.fixture
def new_process(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Open the one log again and again; it is audited at the end."""
    opened: list[Process] = []

    def open_one() -> Process:
        store = SqliteStore(tmp_path / "log.db", "counters", 2)
        writer = Writer(store)
        opened.append(Process(store, writer, Executor(COUNTER, store, writer, remember=3)))
        return opened[-1]

    yield open_one
    for process in opened:
        process.writer.close()
        audit(process.store)
        process.store.close()


@pytest.fixture
def process(new_process: Callable[[], Process]) -> Process:
    return new_process()
