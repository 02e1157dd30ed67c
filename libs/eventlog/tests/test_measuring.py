"""Every measured value reaches its instrument once, wherever it waited."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from eventlog.measuring import deferred, measure, settle


class Noted:
    """An instrument that keeps what it is given."""

    def __init__(self) -> None:
        self.values: list[tuple[float, Mapping[str, str]]] = []

    def record(self, value: float, attributes: Mapping[str, str]) -> None:
        self.values.append((value, attributes))


def test_without_an_sdk_a_value_is_recorded_at_once() -> None:
    noted: Any = Noted()
    measure(noted, 1.5, {"log": "x"})
    assert noted.values == [(1.5, {"log": "x"})]


def test_what_waits_is_there_when_someone_collects_and_at_the_end() -> None:
    noted: Any = Noted()
    with deferred():
        measure(noted, 1, {})
        settle()
        assert [value for value, _ in noted.values] == [1]
        measure(noted, 2, {})
    assert [value for value, _ in noted.values] == [1, 2]
    measure(noted, 3, {})
    assert len(noted.values) == 3


def test_what_nobody_collects_is_handed_over_by_itself() -> None:
    noted: Any = Noted()
    with deferred():
        measure(noted, 1, {})
        end = time.monotonic() + 10
        while not noted.values:
            assert time.monotonic() < end
            time.sleep(0.02)


def test_of_several_threads_that_measure_and_settle_each_value_comes_once() -> None:
    noted: Any = Noted()

    def work(first: int) -> None:
        for value in range(first, first + 2_000):
            measure(noted, value, {})
            if value % 50 == 0:
                settle()

    with deferred():
        threads = [threading.Thread(target=work, args=(10_000 * number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counts = Counter(value for value, _ in noted.values)
    assert len(counts) == 8_000
    assert set(counts.values()) == {1}
