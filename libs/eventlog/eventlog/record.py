"""The record: an event in its envelope, made once.

Invariant: `Recorded.data` is the serialised lienthong.log.v1.Record, made at commit by `seal` and never again; the
other fields of `Recorded` repeat what those bytes say, so that nobody parses them to route them.
Source: design "The record"; leaf hash RFC 6962, section 2.1; UUIDv7 RFC 9562, section 5.7.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from google.protobuf import descriptor_pool
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from lienthong.log.v1 import record_pb2

from eventlog.errors import RecordTooLarge, UnknownEventType, UsageError

if TYPE_CHECKING:
    from google.protobuf.message import Message

MAX_RECORD_BYTES = 60 * 1024
_MAX_STREAM_BYTES = 200
_HEAD_ALLOWANCE = 400  # log, positions, a stream's name of at most 200 bytes, id and time always fit in it
_TYPE_URL = "type.googleapis.com/"


@dataclass(frozen=True, slots=True)
class Sealable:
    """An event with origin and cause, serialised before the commit: all of a record but its place and time."""

    type_name: str
    body: bytes


@dataclass(frozen=True)
class Recorded:
    """A record as it is stored, published and hashed, with its routing fields beside the bytes."""

    log: str
    partition: int
    position: int
    stream: str
    version: int
    type_name: str
    data: bytes

    @cached_property
    def record(self) -> record_pb2.Record:
        """The envelope, parsed at the first look."""
        return record_pb2.Record.FromString(self.data)

    @cached_property
    def event(self) -> Message:
        """The event, parsed at the first look; UnknownEventType where the program is older than the log."""
        return message_class(self.type_name).FromString(self.record.event.value)


def prepare(stream: str, event: Message, origin: bytes, cause: bytes) -> Sealable:
    """Serialise what is known before the commit; RecordTooLarge when it would not fit in a record.

    Origin and cause come serialised, since one command may make several events. UsageError when the stream's name
    is empty, has more than 200 bytes of UTF-8, or holds a NUL, which no SQL store keeps.
    """
    if not 0 < len(stream.encode()) <= _MAX_STREAM_BYTES or "\0" in stream:
        raise UsageError(f"a stream cannot be called {stream[:_MAX_STREAM_BYTES]!r}")
    name = event.DESCRIPTOR.full_name
    wrapped = AnyProto(type_url=_TYPE_URL + name, value=event.SerializeToString(deterministic=True))
    body = _field(8, wrapped.SerializeToString()) + _field(9, origin) + _field(10, cause)
    if len(body) + _HEAD_ALLOWANCE > MAX_RECORD_BYTES:
        raise RecordTooLarge(stream, len(body) + _HEAD_ALLOWANCE, MAX_RECORD_BYTES)
    return Sealable(name, body)


def seal(log: str, partition: int, position: int, stream: str, version: int, micros: int, what: Sealable) -> Recorded:
    """Give an event its place and time (microseconds since 1970); the only maker of a record's bytes.

    Protobuf lets serialised parts be joined: the head has fields 1 to 7, the body 8 to 10.
    """
    seconds, rest = divmod(micros, 1_000_000)
    head = record_pb2.Record(
        log=log,
        partition=partition,
        position=position,
        stream=stream,
        version=version,
        id=uuid7(micros),
        recorded_at=Timestamp(seconds=seconds, nanos=rest * 1000),
    )
    return Recorded(log, partition, position, stream, version, what.type_name, head.SerializeToString() + what.body)


def parse(data: bytes) -> Recorded:
    """Read a record that came from elsewhere; google.protobuf.message.DecodeError when it is none."""
    record = record_pb2.Record.FromString(data)
    return Recorded(
        record.log,
        record.partition,
        record.position,
        record.stream,
        record.version,
        record.event.type_url.removeprefix(_TYPE_URL),
        data,
    )


def message_class(name: str) -> type[Message]:
    """Return the generated class of a message by its full name."""
    known = _classes.get(name)
    if known is None:
        try:
            known = _classes[name] = GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))
        except KeyError:
            raise UnknownEventType(name) from None
    return known


_classes: dict[str, type[Message]] = {}


def uuid7(micros: int) -> str:
    """Make a UUIDv7 for a time in microseconds since 1970."""
    random = os.urandom(10)
    text = f"{micros // 1000:012x}7{random.hex()}"
    variant = "89ab"[random[9] & 3]
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{variant}{text[16:19]}-{text[19:31]}"


def _field(number: int, value: bytes) -> bytes:
    """Encode a length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
