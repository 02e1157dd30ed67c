"""The record: an event in its envelope, made once.

Invariant: `Recorded.data` is the serialised lienthong.log.v1.Record, made at commit by `seal` and never again; the
other fields of `Recorded` repeat what those bytes say, so that nobody parses them to route them.
Source: design "The record"; leaf hash RFC 6962, section 2.1; UUIDv7 RFC 9562, section 5.7.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from struct import iter_unpack
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from google.protobuf import descriptor_pool
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.message_factory import GetMessageClass
from lienthong.log.v1 import record_pb2

from eventlog.errors import RecordTooLarge, UnknownEventType, UsageError

if TYPE_CHECKING:
    from google.protobuf.message import Message

T = TypeVar("T")
MAX_RECORD_BYTES = 60 * 1024
_MAX_STREAM_BYTES = 200
_HEAD_ALLOWANCE = 400  # log, positions, a stream's name of at most 200 bytes, id and time always fit in it
_TYPE_URL = "type.googleapis.com/"


@dataclass(frozen=True, slots=True)
class Sealable:
    """An event with origin and cause, serialised before the commit: all of a record but its place and time."""

    type_name: str
    body: bytes


class _Once(Generic[T]):
    """What is worked out at the first look and kept in the object.

    `functools.cached_property` without its lock, which costs half as much as parsing; two threads that look first at
    once both work it out, to the same.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, owner: Any, _type: type | None = None) -> T:
        found = owner.__dict__[self._name] = self._work_out(owner)
        return found


@dataclass(frozen=True, init=False)
class Recorded:
    """A record as it is stored, published and hashed, with its routing fields beside the bytes.

    Made for every record that is written or read, so its fields are set at once: three times as fast.
    """

    log: str
    partition: int
    position: int
    stream: str
    version: int
    type_name: str
    data: bytes

    def __init__(
        self, log: str, partition: int, position: int, stream: str, version: int, type_name: str, data: bytes
    ) -> None:
        fields = self.__dict__
        fields["log"] = log
        fields["partition"] = partition
        fields["position"] = position
        fields["stream"] = stream
        fields["version"] = version
        fields["type_name"] = type_name
        fields["data"] = data

    @_Once
    def record(self) -> record_pb2.Record:
        """Parse the envelope at the first look."""
        return record_pb2.Record.FromString(self.data)

    @_Once
    def micros(self) -> int:
        """Return when it was recorded, in microseconds since 1970."""
        at = self.record.recorded_at
        return at.seconds * 1_000_000 + at.nanos // 1_000

    @_Once
    def event(self) -> Message:
        """Parse the event at the first look; UnknownEventType where the program is older than the log."""
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
    head = record_pb2.Record(
        log=log, partition=partition, position=position, stream=stream, version=version, id=uuid7(micros)
    )
    time = head.recorded_at
    time.SetInParent()  # there even when it is 1970
    seconds, rest = divmod(micros, 1_000_000)
    time.seconds, time.nanos = seconds, rest * 1000
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
    random = _random()
    digits = random.hex()
    return f"{_uuid_time(micros // 1000)}{digits[:3]}-{'89ab'[random[9] & 3]}{digits[3:6]}-{digits[6:18]}"


_IDS = 512
_fetched = iter_unpack("10s", b"")


def _random() -> bytes:
    """Return 10 bytes of the system's randomness, fetched for many ids at once.

    Each fetch lets go of the interpreter's lock, which a store that seals under its own lock may have to wait for long
    to get back. Every ten bytes are given once, whichever threads ask.
    """
    global _fetched  # noqa: PLW0603 - when two threads fetch at once, what one of them fetched is wasted: no more
    while (given := next(_fetched, None)) is None:
        _fetched = iter_unpack("10s", os.urandom(_IDS * 10))
    random: bytes = given[0]
    return random


def _forget_random() -> None:
    """Let a forked process fetch its own: it would give what its parent gives."""
    global _fetched  # noqa: PLW0603 - as above
    _fetched = iter_unpack("10s", b"")


os.register_at_fork(after_in_child=_forget_random)


@lru_cache(maxsize=8)
def _uuid_time(millis: int) -> str:
    """Begin a UUIDv7: the time, and the version."""
    digits = f"{millis:012x}"
    return f"{digits[:8]}-{digits[8:12]}-7"


def _field(number: int, value: bytes) -> bytes:
    """Encode a length-delimited protobuf field; the number is below 16."""
    return b"%c%b%b" % (number << 3 | 2, _varint(len(value)), value)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
