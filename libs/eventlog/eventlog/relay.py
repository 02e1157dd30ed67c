"""The relay: publishes a store's records to the topic, in order, by one holder a partition.

Invariants:

1. A record is published after it is committed, and in order of position within its partition.
2. The position moves after the topic has the records, and only under the epoch of the lease that they were published
   under. A crash in between publishes again: consumers drop what they have.
3. It stops at the first error and goes on from the stored position; it never skips.
4. At its start it compares heads: a topic that holds less than was told (the local one after a crash) is given the
   rest again. Where the topic holds more than the store, which was then restored to an earlier point, it publishes
   nothing (`eventlog.behind`).

Several relays may publish one log, each the partitions that it holds, divided among them as `eventlog.sharing` has it.
What there is to publish it learns from `committed`, which must also tell of other processes' commits where there are
any.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from eventlog import metering
from eventlog.errors import BehindTopic, LeaseLost, PositionMoved, StoreUnavailable
from eventlog.sharing import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eventlog.progress import Progress
    from eventlog.record import Recorded
    from eventlog.sharing import Leases
    from eventlog.store import Store
    from eventlog.topic import Topic
    from eventlog.transactions import Database

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 5.0  # seconds between tries while the store or the topic is away
_BEGIN = "INSERT INTO log_relayed (partition, position, epoch) VALUES (:partition, 0, 0) ON CONFLICT DO NOTHING"
_TAKE = "UPDATE log_relayed SET epoch = :epoch WHERE partition = :partition AND epoch <= :epoch RETURNING position"
_BACK = "UPDATE log_relayed SET position = :position WHERE partition = :partition AND epoch = :epoch"
_MOVE = """UPDATE log_relayed SET position = :new
    WHERE partition = :partition AND position = :old AND epoch = :epoch RETURNING position"""


class RelayPositions:
    """How far each partition has been published, guarded by the epoch of the lease."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, partition: int, epoch: int, published: int) -> int:
        """Begin under a lease; return the position to go on from: what the topic holds, if that is less."""
        with self._database.transaction() as run:
            run(_BEGIN, {"partition": partition})
            rows = run(_TAKE, {"partition": partition, "epoch": epoch})
            if not rows:
                raise LeaseLost(f"relay/{partition}")
            if published >= rows[0][0]:
                return int(rows[0][0])
            run(_BACK, {"partition": partition, "epoch": epoch, "position": published})
            return published

    def move(self, partition: int, epoch: int, old: int, new: int) -> None:
        """Move from `old` to `new`; PositionMoved when the position or the epoch is another's."""
        with self._database.transaction() as run:
            if not run(_MOVE, {"partition": partition, "epoch": epoch, "old": old, "new": new}):
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.log = store.log
        self._store = store
        self._topic = topic
        self._positions = positions
        self._share = Share(leases, holder, "relay/", store.partitions, clock)
        self._committed = committed
        self._batch = batch
        self._recheck = recheck
        self._held: dict[int, tuple[int, int]] = {}  # partition -> its lease's epoch, the next position to publish
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"relay-{store.log}", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        metering.relays.add(self)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Finish the batch under way, let the leases go, and end."""
        metering.relays.discard(self)
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
        self._look()
        heads = self._committed.positions
        behind = [partition for partition, (_, position) in self._held.items() if position < heads[partition]]
        return sum(self._publish(partition) for partition in behind)

    def _run(self) -> None:
        pause = 0.05
        while not self._stopping.is_set():
            try:
                if not self.step():
                    self._sleep()
                pause = 0.05
            except (StoreUnavailable, LeaseLost, PositionMoved) as error:
                _log.warning("relay of %s begins again: %s", self._store.log, error)
                self._begin_again()
                if not isinstance(error, StoreUnavailable):
                    self._share.leave()  # what it took for its own is another's: ask anew
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except BehindTopic as error:
                _log.error("relay of %s publishes nothing: %s", self._store.log, error)
                self._begin_again()
                self._stopping.wait(_LONGEST_PAUSE)
            except Exception:  # noqa: BLE001 - logged; the thread is the relay, and must live on
                _log.exception("relay of %s failed; it begins again", self._store.log)
                self._begin_again()
                self._stopping.wait(_LONGEST_PAUSE)
        self._share.leave()

    def _begin_again(self) -> None:
        self._held.clear()

    def _sleep(self) -> None:
        positions = {partition: position for partition, (_, position) in self._held.items()}
        self._committed.wait_beyond(positions, min(self._recheck, self._share.rest()), self._stopping.is_set)

    def _look(self) -> None:
        """Know which partitions this one holds, and from where each is to be published."""
        epochs = self._share.look()
        for partition in [known for known, (epoch, _) in self._held.items() if epochs.get(known) != epoch]:
            del self._held[partition]
        for partition, epoch in epochs.items():
            if partition not in self._held:
                self._held[partition] = (epoch, self._begin(partition, epoch))

    def _begin(self, partition: int, epoch: int) -> int:
        published = self._topic.heads(self._store.log, self._store.partitions)[partition]
        has = self._store.heads()[partition]
        if published > has:  # even a repeat would hide how far the topic has got
            raise BehindTopic(self._store.log, partition, has, published)
        return self._positions.take(partition, epoch, published)

    def _publish(self, partition: int) -> int:
        epoch, position = self._held[partition]
        records: Sequence[Recorded] = self._store.read(partition, position, self._batch)
        if not records:
            return 0
        self._topic.publish(records)
        after = position + len(records)
        self._positions.move(partition, epoch, position, after)
        self._held[partition] = (epoch, after)
        return len(records)
