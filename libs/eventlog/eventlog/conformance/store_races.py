"""Cases of the store port: many at once, and nothing is lost, doubled or seen out of order."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from eventlog.conformance.audit import audit
from eventlog.conformance.material import append, made, request, texts
from eventlog.conformance.store_port import StorePort
from eventlog.errors import Conflict
from eventlog.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from eventlog.record import Recorded
    from eventlog.store import Store

_WRITERS, _EACH = 50, 12


class RaceCases(StorePort):
    def test_threads_that_append_to_one_stream_leave_no_gap_and_no_double(self, store: Store) -> None:
        wanted = _race([store] * 6, 15)
        assert Counter(texts(audit(store))) == Counter(wanted)

    def test_two_openings_of_one_store_leave_no_gap_and_no_double(self, store: Store, tmp_path: Path) -> None:
        other = self.open_store(tmp_path)
        wanted = _race([store, other] * 2, 15)
        assert Counter(texts(audit(other))) == Counter(wanted)
        other.close()

    def test_one_request_from_many_threads_is_made_once(self, store: Store) -> None:
        once = append("a", 0, "1", "2", request=request("r"))
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: store.append([once])[0], range(24)))
        assert len({answer.records[0].data for answer in answers if not isinstance(answer, Exception)}) == 1
        assert [answer.repeated for answer in answers if not isinstance(answer, Exception)].count(False) == 1
        assert texts(store.read_stream("a")) == ["1", "2"]

    def test_fifty_writers_leave_no_gap_and_no_double(self, store: Store) -> None:
        writer = Writer(store, max_batch=16)
        asyncio.run(_write(writer))
        writer.close()
        assert Counter(texts(audit(store))) == Counter(f"{w}/{n}" for w in range(_WRITERS) for n in range(_EACH))
        assert list(store.heads()) == writer.committed.positions

    def test_a_reader_beside_fifty_writers_sees_every_position_in_order(self, store: Store) -> None:
        writer = Writer(store, max_batch=16)
        over = threading.Event()
        with ThreadPoolExecutor(2) as pool:
            tails = [pool.submit(_tail, store, partitions, over) for partitions in ([0, 1], [2, 3])]
            try:
                asyncio.run(_write(writer))
            finally:
                over.set()
                writer.close()
            seen = [recorded for tail in tails for recorded in tail.result()]
        assert sorted(seen, key=lambda r: (r.partition, r.position)) == audit(store)

    def test_what_was_told_to_be_committed_can_be_read_at_once(self, store: Store) -> None:
        writer = Writer(store)

        async def appended_and_read() -> None:
            for version in range(20):
                [record] = (await writer.append(append("a", version, str(version)))).records
                assert list(store.read(record.partition, record.position, 2)) == [record]

        asyncio.run(appended_and_read())
        writer.close()


def _race(stores: list[Store], each: int) -> list[str]:
    """Let a thread for each store add to a stream of all; return what must be in it."""
    ready = threading.Barrier(len(stores))

    def add(who: int) -> None:
        ready.wait()
        version = 0
        for n in range(each):
            while True:
                [answer] = stores[who].append([append("shared", version, f"{who}/{n}", request=request(f"{who}/{n}"))])
                if not isinstance(answer, Conflict):
                    version = made(answer)[-1].version
                    break
                version = answer.actual

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(add, range(len(stores))))
    return [f"{who}/{n}" for who in range(len(stores)) for n in range(each)]


async def _write(writer: Writer) -> None:
    """Let fifty tasks append at once: each to a stream of its own."""

    async def add(who: int) -> None:
        stream = f"stream-{who}"
        for n in range(_EACH):
            [record] = (await writer.append(append(stream, n, f"{who}/{n}"))).records
            assert record.version == n + 1

    await asyncio.gather(*(add(who) for who in range(_WRITERS)))


def _tail(store: Store, partitions: list[int], over: threading.Event) -> list[Recorded]:
    """Read as fast as can be; each page must begin where the last one ended and have no gap."""
    seen: dict[int, list[Recorded]] = {partition: [] for partition in partitions}
    while True:
        last_round = over.is_set()
        for partition in partitions:
            begin = len(seen[partition])
            page = store.read(partition, begin, 10_000)
            assert [recorded.position for recorded in page] == list(range(begin, begin + len(page)))
            seen[partition] += page
        if last_round:
            return [recorded for found in seen.values() for recorded in found]
