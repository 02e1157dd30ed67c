"""A record's bytes are made once and say what its fields say."""

import uuid

import pytest
from eventlog.conformance.material import START
from eventlog.errors import RecordTooLarge, UnknownEventType, UsageError
from eventlog.record import MAX_RECORD_BYTES, Recorded, message_class, parse, prepare, seal, uuid7
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import BytesValue, StringValue
from hypothesis import given
from hypothesis import strategies as st
from lienthong.log.v1 import record_pb2

_streams = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=50)
_micros = st.integers(0, 4_102_444_800_000_000)  # to the year 2100
_bodies = st.text(max_size=200)


def sealed(text: str, stream: str = "s", micros: int = START) -> Recorded:
    event = StringValue(value=text)
    return seal("log", 3, 41, stream, 7, micros, prepare(stream, event, b"", b""))


@given(
    stream=_streams,
    text=_bodies,
    micros=_micros,
    method=_bodies,
    trace=_bodies,
    partition=st.integers(0, 2**31 - 1),
    position=st.integers(0, 2**48 - 1),
    version=st.integers(1, 2**40),
)
def test_joined_parts_are_the_canonical_serialisation(
    stream: str, text: str, micros: int, method: str, trace: str, partition: int, position: int, version: int
) -> None:
    origin, cause = record_pb2.Origin(method=method), record_pb2.Cause(traceparent=trace)
    body = prepare(stream, StringValue(value=text), origin.SerializeToString(), cause.SerializeToString())
    recorded = seal("log", partition, position, stream, version, micros, body)
    wanted = record_pb2.Record(
        log="log",
        partition=partition,
        position=position,
        stream=stream,
        version=version,
        id=recorded.record.id,
        origin=origin,
        cause=cause,
    )
    wanted.recorded_at.FromMicroseconds(micros)
    wanted.event.Pack(StringValue(value=text), deterministic=True)
    assert recorded.data == wanted.SerializeToString(deterministic=True)
    assert recorded.record == wanted


@given(stream=_streams, text=_bodies, micros=_micros)
def test_the_routing_fields_are_what_the_bytes_say(stream: str, text: str, micros: int) -> None:
    recorded = sealed(text, stream, micros)
    assert parse(recorded.data) == recorded
    assert recorded.event == StringValue(value=text)


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=8))
def test_a_map_is_always_serialised_the_same_way(fields: dict[str, int]) -> None:
    forward, backward = Struct(), Struct()
    forward.update(fields)
    backward.update(dict(reversed(fields.items())))
    assert prepare("s", forward, b"", b"") == prepare("s", backward, b"", b"")


def test_origin_and_cause_are_there_even_when_they_say_nothing() -> None:
    record = sealed("x").record
    assert record.HasField("origin")
    assert record.HasField("cause")


@given(micros=_micros)
def test_the_id_is_a_uuid_of_version_7_with_the_time_in_it(micros: int) -> None:
    made = uuid.UUID(uuid7(micros))
    assert str(made) == uuid7(micros)[:14] + str(made)[14:]  # RFC 9562: 48 bits of milliseconds, then the version
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == micros // 1000


def test_ids_of_one_moment_differ() -> None:
    assert len({uuid7(START) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("name", ["s", "s" * 200])
def test_no_record_is_larger_than_the_limit(name: str) -> None:
    largest = max(size for size in range(MAX_RECORD_BYTES - 600, MAX_RECORD_BYTES) if _fits(name, size))
    body = prepare(name, BytesValue(value=b"x" * largest), b"", b"")
    recorded = seal("l" * 100, 2**31 - 1, 2**48 - 1, name, 2**62, 4_102_444_800_000_001, body)
    assert len(recorded.data) <= MAX_RECORD_BYTES
    with pytest.raises(RecordTooLarge) as refused:
        prepare(name, BytesValue(value=b"x" * (largest + 1)), b"", b"")
    assert refused.value.stream == name
    assert refused.value.size > refused.value.limit == MAX_RECORD_BYTES


def _fits(name: str, size: int) -> bool:
    try:
        prepare(name, BytesValue(value=b"x" * size), b"", b"")
    except RecordTooLarge:
        return False
    return True


def test_origin_and_cause_count_for_the_limit() -> None:
    with pytest.raises(RecordTooLarge):
        prepare("s", StringValue(), b"x" * MAX_RECORD_BYTES, b"")
    with pytest.raises(RecordTooLarge):
        prepare("s", StringValue(), b"", b"x" * MAX_RECORD_BYTES)


@pytest.mark.parametrize("name", ["", "s" * 201, "ă" * 101, "a\0b"])
def test_a_stream_cannot_have_a_name_that_a_store_would_not_keep(name: str) -> None:
    with pytest.raises(UsageError):
        prepare(name, StringValue(), b"", b"")


def test_bytes_that_are_no_record_are_not_parsed() -> None:
    with pytest.raises(DecodeError):
        parse(b"\xff\xff\xff")


def test_an_event_of_a_newer_program_is_named_when_it_is_opened_and_not_before() -> None:
    wrapped = AnyProto(type_url="type.googleapis.com/lienthong.future.v1.Arrived", value=b"")
    recorded = parse(record_pb2.Record(log="log", event=wrapped).SerializeToString())
    assert recorded.type_name == "lienthong.future.v1.Arrived"
    assert recorded.record.log == "log"
    with pytest.raises(UnknownEventType) as unknown:
        _ = recorded.event
    assert unknown.value.name == "lienthong.future.v1.Arrived"


def test_a_message_class_is_found_by_its_name() -> None:
    assert message_class("google.protobuf.StringValue") is StringValue
    assert message_class("google.protobuf.StringValue") is StringValue
