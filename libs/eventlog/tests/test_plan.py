"""The plan of a batch continues every partition and stream without a gap, and answers each append by itself."""

from collections.abc import Mapping, Sequence

from eventlog.conformance.material import START, Clock, append, request
from eventlog.errors import Conflict, RequestReused
from eventlog.partition import partition_of
from eventlog.plan import Answered, Head, Plan, Planner
from eventlog.store import Append, Appended
from hypothesis import given
from hypothesis import strategies as st

PARTITIONS = 3
_STREAMS = ["a", "b", "c", "d", "e"]
_appends = st.builds(
    lambda stream, expected, count, name, content: append(
        stream, expected, *["x"] * count, request=request(name, content) if name else None
    ),
    stream=st.sampled_from(_STREAMS),
    expected=st.integers(0, 6),
    count=st.integers(1, 3),
    name=st.sampled_from(["", "r", "s", "t"]),
    content=st.sampled_from(["", "else"]),
)
_heads = st.lists(
    st.builds(Head, st.integers(0, 1000), st.integers(START - 10, START + 10)),
    min_size=PARTITIONS,
    max_size=PARTITIONS,
)
_versions = st.dictionaries(st.sampled_from(_STREAMS), st.integers(1, 4))
_seen = st.dictionaries(st.sampled_from(["r", "s"]).map(request), st.tuples(st.integers(0, 2), st.integers(0, 9))).map(
    lambda found: {r.id: Answered(r, partition, position, 1) for r, (partition, position) in found.items()}
)


def plan(
    batch: Sequence[Append],
    heads: Sequence[Head] = (Head(),) * PARTITIONS,
    versions: Mapping[str, int] | None = None,
    seen: Mapping[str, Answered] | None = None,
) -> Plan:
    return Planner("log", PARTITIONS, heads, lambda: START).plan(batch, versions or {}, seen or {})


@given(batch=st.lists(_appends, max_size=20), heads=_heads, versions=_versions, seen=_seen)
def test_positions_and_versions_continue_without_a_gap(
    batch: list[Append], heads: list[Head], versions: dict[str, int], seen: dict[str, Answered]
) -> None:
    planned = plan(batch, heads, versions, seen)
    next_position = {partition: head.size for partition, head in enumerate(heads)}
    next_version = {stream: versions.get(stream, 0) + 1 for stream in _STREAMS}
    latest = {partition: head.micros for partition, head in enumerate(heads)}
    for recorded in planned.records:
        assert recorded.partition == partition_of(recorded.stream, PARTITIONS)
        assert recorded.position == next_position[recorded.partition]
        assert recorded.version == next_version[recorded.stream]
        next_position[recorded.partition] += 1
        next_version[recorded.stream] += 1
        micros = recorded.record.recorded_at.ToMicroseconds()
        assert micros == max(latest[recorded.partition], START)
        latest[recorded.partition] = micros
    for partition in range(PARTITIONS):
        moved = next_position[partition] != heads[partition].size
        assert (partition in planned.heads) == moved
        if moved:
            assert planned.heads[partition] == Head(next_position[partition], latest[partition])


@given(batch=st.lists(_appends, max_size=20), heads=_heads, versions=_versions, seen=_seen)
def test_each_append_has_one_answer_and_only_winners_are_written(
    batch: list[Append], heads: list[Head], versions: dict[str, int], seen: dict[str, Answered]
) -> None:
    planned = plan(batch, heads, versions, seen)
    assert len(planned.answers) == len(batch)
    winners = [a for a in planned.answers if isinstance(a, Appended) and not a.repeated]
    assert [r for winner in winners for r in winner.records] == planned.records
    written = [a.request for a, answer in zip(batch, planned.answers, strict=True) if answer in winners and a.request]
    assert [answered.request for answered in planned.requests] == written
    assert len({r.id for r in written}) == len(written)
    assert not {r.id for r in written} & set(seen)


@given(batch=st.lists(_appends, max_size=12), heads=_heads, versions=_versions, seen=_seen)
def test_to_plan_changes_nothing_of_what_it_is_given(
    batch: list[Append], heads: list[Head], versions: dict[str, int], seen: dict[str, Answered]
) -> None:
    before = (list(batch), list(heads), dict(versions), dict(seen))
    plan(batch, heads, versions, seen)
    assert (batch, heads, versions, seen) == before


def test_a_request_seen_before_is_answered_before_its_version_is_looked_at() -> None:
    seen = Answered(request("r"), 0, 5, 2)
    planned = plan([append("a", 99, "x", request=request("r"))], seen={request("r").id: seen})
    assert planned.answers == [seen]
    assert (planned.records, planned.requests, planned.heads) == ([], [], {})


def test_a_request_with_other_bytes_is_refused_before_its_version_is_looked_at() -> None:
    seen = {request("r").id: Answered(request("r"), 0, 5, 2)}
    [answer] = plan([append("a", 99, "x", request=request("r", "else"))], seen=seen).answers
    assert isinstance(answer, RequestReused)


def test_a_conflict_names_the_version_that_the_batch_has_got_to() -> None:
    won, lost = plan([append("a", 2, "x", "y"), append("a", 2, "z")], versions={"a": 2}).answers
    assert isinstance(won, Appended)
    assert isinstance(lost, Conflict)
    assert (lost.expected, lost.actual) == (2, 4)


def test_a_clock_is_never_believed_when_it_goes_back() -> None:
    head, times = Head(), []
    for version, micros in enumerate([START + 5, START, START + 9, START + 8]):
        planned = Planner("log", 1, [head], Clock(micros)).plan([append("a", version, "x")], {"a": version}, {})
        head = planned.heads[0]
        times += [recorded.record.recorded_at.ToMicroseconds() - START for recorded in planned.records]
    assert times == [5, 5, 9, 9]
