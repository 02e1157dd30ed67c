"""The relay: publishes a store's records to the topic, in order, by one holder a partition.

Invariants:

1. A record is published after it is committed, and in order of position within its partition.
2. The position moves after the topic has the records, and only under the epoch of the lease that they were published
   under. A crash in between publishes again: consumers drop what they have.
3. It stops at the first error and goes on from the stored position; it never skips.
4. At its start it compares heads: a topic that holds less than was told (the local one after a crash) is given the
   rest again.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from eventlog.errors import LeaseLost, PositionMoved, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventlog.lease import Lease, Leases
    from eventlog.progress import Progress
    from eventlog.record import Recorded
    from eventlog.sqlite import SqliteFile
    from eventlog.store import Store
    from eventlog.topic import Topic

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 5.0  # seconds between tries while the store or the topic is away
_BEGIN = "INSERT INTO log_relayed (partition, position, epoch) VALUES (?, 0, 0) ON CONFLICT DO NOTHING"
_TAKE = "UPDATE log_relayed SET epoch = :epoch WHERE partition = :partition AND epoch <= :epoch RETURNING position"
_BACK = "UPDATE log_relayed SET position = :position WHERE partition = :partition AND epoch = :epoch"
_MOVE = """UPDATE log_relayed SET position = :new
    WHERE partition = :partition AND position = :old AND epoch = :epoch"""


class RelayPositions:
    """How far each partition has been published, guarded by the epoch of the lease."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def take(self, partition: int, epoch: int, published: int) -> int:
        """Begin under a lease; return the position to go on from: what the topic holds, if that is less."""
        values = {"partition": partition, "epoch": epoch, "position": published}
        with self._file.write() as connection:
            connection.execute(_BEGIN, (partition,))
            rows = connection.execute(_TAKE, values).fetchall()
            if not rows:
                raise LeaseLost(f"relay/{partition}")
            if published >= rows[0][0]:
                return int(rows[0][0])
            connection.execute(_BACK, values)
            return published

    def move(self, partition: int, epoch: int, old: int, new: int) -> None:
        """Move from `old` to `new`; PositionMoved when the position or the epoch is another's."""
        values = {"partition": partition, "epoch": epoch, "old": old, "new": new}
        with self._file.write() as connection:
            if connection.execute(_MOVE, values).rowcount != 1:
                raise PositionMoved("relay", "relay", partition)


class Relay:
    """Publishes one log, in a thread of its own."""

    def __init__(
        self,
        store: Store,
        topic: Topic,
        positions: RelayPositions,
        leases: Leases,
        committed: Progress,
        *,
        holder: str,
        batch: int = 500,
        recheck: float = 1.0,
    ) -> None:
        self._store = store
        self._topic = topic
        self._positions = positions
        self._leases = leases
        self._committed = committed
        self._holder = holder
        self._batch = batch
        self._recheck = recheck
        self._held: dict[int, tuple[Lease, int]] = {}  # partition -> its lease, the next position to publish
        self._renew_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"relay-{store.log}", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Finish the batch under way, let the leases go, and end."""
        self._stopping.set()
        self._committed.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def lag(self) -> dict[int, int]:
        """Return, for the partitions held, how many records are committed and not published."""
        heads = self._committed.positions
        held = self._held.copy()  # the relay's thread changes it
        return {partition: max(heads[partition] - position, 0) for partition, (_, position) in held.items()}

    def step(self) -> int:
        """Hold what can be held, publish one batch of each partition; return how many records went out."""
        self._renew()
        return sum(self._publish(p) for p in range(self._store.partitions) if self._hold(p))

    def _run(self) -> None:
        pause = 0.05
        while not self._stopping.is_set():
            try:
                if not self.step():
                    self._sleep()
                pause = 0.05
            except (StoreUnavailable, LeaseLost, PositionMoved) as error:
                _log.warning("relay of %s begins again: %s", self._store.log, error)
                self._held.clear()
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception:  # noqa: BLE001 - logged; the thread is the relay, and must live on
                _log.exception("relay of %s failed; it begins again", self._store.log)
                self._held.clear()
                self._stopping.wait(_LONGEST_PAUSE)
        self._let_go()

    def _let_go(self) -> None:
        try:
            for lease, _ in self._held.values():
                self._leases.drop(lease)
        except StoreUnavailable as error:
            _log.warning("relay of %s leaves its leases to run out: %s", self._store.log, error)

    def _sleep(self) -> None:
        positions = {partition: position for partition, (_, position) in self._held.items()}
        self._committed.wait_beyond(positions, self._recheck, self._stopping.is_set)

    def _renew(self) -> None:
        if time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + self._leases.seconds / 3
        for lease, _ in self._held.values():
            self._leases.renew(lease)

    def _hold(self, partition: int) -> bool:
        if partition in self._held:
            return True
        lease = self._leases.take(f"relay/{partition}", self._holder)
        if lease is None:
            return False
        published = self._topic.heads(self._store.log, self._store.partitions)[partition]
        self._held[partition] = (lease, self._positions.take(partition, lease.epoch, published))
        return True

    def _publish(self, partition: int) -> int:
        lease, position = self._held[partition]
        records: Sequence[Recorded] = self._store.read(partition, position, self._batch)
        if not records:
            return 0
        self._topic.publish(records)
        after = position + len(records)
        self._positions.move(partition, lease.epoch, position, after)
        self._held[partition] = (lease, after)
        return len(records)
