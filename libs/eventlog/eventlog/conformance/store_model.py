"""Cases of the store port: whatever is done to it, it answers as a few lists in memory would."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventlog.conformance.audit import audit
from eventlog.conformance.material import Clock, append, request, texts
from eventlog.conformance.store_port import StorePort
from eventlog.errors import Conflict, Refused, RequestReused
from eventlog.store import Append, Appended

Answer = tuple[str, Any]


@dataclass(frozen=True)
class Wish:
    """An append, before it is known what version its stream will be at."""

    stream: str
    off: int  # how far the expected version is from the true one
    count: int
    request: tuple[str, str] | None  # name, content


@dataclass
class Model:
    """What a store is: a list for each stream, and what each request made."""

    streams: dict[str, list[str]] = field(default_factory=dict)
    requests: dict[str, tuple[str, str, int, int]] = field(default_factory=dict)  # name -> content, stream, from, to
    told: int = 0

    def append(self, wish: Wish) -> tuple[Append, Answer]:
        """Make the append that was wished for; return it and its right answer."""
        stream = self.streams.setdefault(wish.stream, [])
        expected = max(len(stream) + wish.off, 0)
        said = [f"{self.told + n}" for n in range(wish.count)]
        self.told += wish.count
        asked = append(wish.stream, expected, *said, request=request(*wish.request) if wish.request else None)
        return asked, self._answer(wish, stream, expected, said)

    def _answer(self, wish: Wish, stream: list[str], expected: int, said: list[str]) -> Answer:
        if wish.request and wish.request[0] in self.requests:
            content, where, start, end = self.requests[wish.request[0]]
            if content != wish.request[1]:
                return "reused", request(*wish.request).id
            return "repeated", [(where, version + 1, self.streams[where][version]) for version in range(start, end)]
        if expected != len(stream):
            return "conflict", len(stream)
        if wish.request:
            self.requests[wish.request[0]] = (wish.request[1], wish.stream, expected, expected + len(said))
        stream += said
        return "made", [(wish.stream, expected + 1 + n, text) for n, text in enumerate(said)]


def _told(answer: Appended | Refused) -> Answer:
    if isinstance(answer, Conflict):
        return "conflict", answer.actual
    if isinstance(answer, RequestReused):
        return "reused", answer.request_id
    assert isinstance(answer, Appended)
    kind = "repeated" if answer.repeated else "made"
    said = texts(answer.records)
    return kind, [(r.stream, r.version, text) for r, text in zip(answer.records, said, strict=True)]


_wishes = st.builds(
    Wish,
    stream=st.sampled_from(["a", "b", "c", "d"]),
    off=st.sampled_from([0, 0, 0, 0, -1, 1]),
    count=st.integers(1, 4),
    request=st.none() | st.tuples(st.sampled_from(["r", "s", "t", "u", "v"]), st.sampled_from(["", "", "", "else"])),
)
_steps = st.lists(
    st.one_of(
        st.lists(_wishes, min_size=1, max_size=12),
        st.just("reopen"),
        st.integers(-5, 5),  # seconds by which the clock jumps
    ),
    max_size=15,
)


class ModelCases(StorePort):
    @given(steps=_steps)
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_it_answers_as_lists_in_memory_would(self, steps: list[list[Wish] | str | int]) -> None:
        model, clock = Model(), Clock()
        with tempfile.TemporaryDirectory(prefix="store-") as folder:
            store = self.open_store(Path(folder), now=clock)
            for step in steps:
                if isinstance(step, int):
                    clock.micros += step * 1_000_000
                elif isinstance(step, str):
                    store.close()
                    store = self.open_store(Path(folder), now=clock)
                else:
                    asked, wanted = zip(*(model.append(wish) for wish in step), strict=True)
                    assert [_told(answer) for answer in store.append(list(asked))] == list(wanted)
            held = audit(store)
            assert len(held) == sum(map(len, model.streams.values()))
            for stream, said in model.streams.items():
                assert texts(store.read_stream(stream)) == said
            for name, (content, stream, start, end) in model.requests.items():
                assert texts(store.read_request(request(name, content))) == model.streams[stream][start:end]
            store.close()
