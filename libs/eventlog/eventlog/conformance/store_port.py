"""What the suite of the store port needs of an adapter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import pytest

from eventlog.conformance.audit import audit
from eventlog.conformance.material import Clock, at_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from eventlog.store import Store

LOG, PARTITIONS = "conformance", 4


class StorePort(ABC):
    """The two methods that an adapter writes, and the fixtures of all cases."""

    @abstractmethod
    def open_store(
        self, place: Path, *, log: str = LOG, partitions: int = PARTITIONS, now: Callable[[], int] = at_start
    ) -> Store:
        """Open the store at a place, or make it. The same place opens the same store, also while it is open.

        A place is a folder of the test's own; an adapter that keeps nothing in files derives a name from it.
        """

    @abstractmethod
    def without_room(self, store: Store) -> AbstractContextManager[None]:
        """Make it impossible to commit a megabyte to this open store, until the context ends."""

    @pytest.fixture
    def clock(self) -> Clock:
        """Give a clock to set."""
        return Clock()

    @pytest.fixture
    def store(self, tmp_path: Path, clock: Clock) -> Iterator[Store]:
        """Give a new store; the whole of it is audited after the test."""
        store = self.open_store(tmp_path, now=clock)
        yield store
        audit(store)
        store.close()
