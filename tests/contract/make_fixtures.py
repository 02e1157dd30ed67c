"""Write a fixture for each event type that has none of its present shape: `python tests/contract/make_fixtures.py`.

A fixture is the bytes of an event as a program of that day wrote them: logs are full of such bytes for ever. So
fixtures are only added, as <type>.<number>.json; none is ever written again or removed.

An event is a message that no other message holds and that stands in no service's file: what is born tomorrow is
found tomorrow. Its sample has a value in every field, which depends on the field's name and number only.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

HERE = Path(__file__).resolve().parent
FIXTURES = HERE / "fixtures"
CONTRACTS = HERE.parents[1] / "libs" / "contracts"
_ENVELOPES = ("lienthong.log.", "lienthong.access.")  # packages about events, without any of their own


def main() -> int:
    """Add what is missing; return the exit status."""
    FIXTURES.mkdir(exist_ok=True)
    for name, kind in event_types().items():
        if path := add(FIXTURES, name, sample(kind.DESCRIPTOR)):
            sys.stdout.write(f"{path.relative_to(HERE)}\n")
    return 0


def add(folder: Path, name: str, event: Message) -> Path | None:
    """Write an event as the next fixture of its type; None when one with the same bytes is there."""
    data = event.SerializeToString(deterministic=True).hex()
    existing = of_type(folder, name)
    if any(json.loads(path.read_text())["data"] == data for path in existing):
        return None
    path = folder / f"{name}.{len(existing) + 1}.json"
    fixture = {"type": name, "fields": MessageToDict(event, preserving_proto_field_name=True), "data": data}
    with path.open("x") as file:  # "x": never over another
        file.write(json.dumps(fixture, ensure_ascii=False, indent=2) + "\n")
    return path


def of_type(folder: Path, name: str) -> list[Path]:
    """Return the fixtures of a type in order of their making."""
    return sorted(folder.glob(f"{name}.*.json"), key=lambda path: int(path.suffixes[-2][1:]))


def event_types() -> dict[str, type[Message]]:
    """Return the class of every event type by its full name."""
    files = list(_files())
    held = {
        field.message_type.full_name
        for file in files
        for message in file.message_types_by_name.values()
        for field in message.fields
        if field.message_type
    }
    return {
        message.full_name: GetMessageClass(message)
        for file in files
        if not file.name.endswith("_service.proto") and not file.package.startswith(_ENVELOPES)
        for message in file.message_types_by_name.values()
        if message.full_name not in held
    }


def sample(descriptor: Any) -> Message:
    """Return a message with a value in every field, the same at every call."""
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if not field.is_repeated:
            _set(message, field, _value(field, 0))
        else:
            getattr(message, field.name).extend(_value(field, index) for index in range(2))
    return message


def _files() -> Iterator[Any]:
    for path in sorted((CONTRACTS / "lienthong").rglob("*_pb2.py")):
        name = ".".join(path.relative_to(CONTRACTS).with_suffix("").parts)
        yield importlib.import_module(name).DESCRIPTOR


def _set(message: Message, field: Any, value: object) -> None:
    if isinstance(value, Message):
        getattr(message, field.name).CopyFrom(value)
    else:
        setattr(message, field.name, value)


def _value(field: Any, index: int) -> object:
    if field.message_type:
        return sample(field.message_type)
    if field.enum_type:
        return min(value.number for value in field.enum_type.values if value.number)
    number = field.number * 1000 + index + 1
    kinds: dict[int, object] = {
        FieldDescriptor.CPPTYPE_STRING: f"{field.name} {index + 1}: Đã ký",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_DOUBLE: number / 8,
        FieldDescriptor.CPPTYPE_FLOAT: number / 8,
    }
    if field.type == FieldDescriptor.TYPE_BYTES:
        return hashlib.sha256(f"{field.name} {index}".encode()).digest()
    return kinds.get(field.cpp_type, number)


if __name__ == "__main__":
    sys.exit(main())
