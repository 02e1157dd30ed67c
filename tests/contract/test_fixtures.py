"""What any program ever wrote into a log is read by this one, to the same fields and the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eventlog.record import message_class
from google.protobuf.json_format import MessageToDict

from .make_fixtures import FIXTURES, add, event_types, of_type, sample

TYPES = event_types()
STORED = sorted(FIXTURES.glob("*.json"))


def test_the_event_types_of_the_contract_are_found() -> None:
    assert {name.rpartition(".")[2] for name in TYPES} >= {
        "AgencyRegistered",
        "AgencySucceeded",
        "SystemEnrolled",
        "SystemKeyRotated",
        "DocumentSent",
        "ChangeAgreed",
        "AttachmentStored",
    }
    entities = {"Agency", "System", "Document", "Delivery", "ReplacedDocument", "Record", "Position"}
    assert not {name.rpartition(".")[2] for name in TYPES} & entities


@pytest.mark.parametrize("name", TYPES)
def test_each_event_type_has_a_fixture_of_its_present_shape(name: str) -> None:
    wanted = sample(TYPES[name].DESCRIPTOR).SerializeToString(deterministic=True).hex()
    stored = [json.loads(path.read_text())["data"] for path in of_type(FIXTURES, name)]
    assert wanted in stored, "run: python tests/contract/make_fixtures.py"


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_fixture_parses_to_its_fields_and_gives_its_bytes_again(path: Path) -> None:
    fixture: dict[str, Any] = json.loads(path.read_text())
    event = message_class(fixture["type"]).FromString(bytes.fromhex(fixture["data"]))
    assert MessageToDict(event, preserving_proto_field_name=True) == fixture["fields"]
    assert event.SerializeToString(deterministic=True).hex() == fixture["data"]


def test_fixtures_are_numbered_without_a_gap_and_none_is_without_its_type() -> None:
    names = {json.loads(path.read_text())["type"] for path in STORED}
    assert names == set(TYPES), "an event type that is in a log may not go"
    for name in names:
        assert [path.name for path in of_type(FIXTURES, name)] == [
            f"{name}.{number}.json" for number in range(1, len(of_type(FIXTURES, name)) + 1)
        ]


def test_a_fixture_is_never_written_over(tmp_path: Path) -> None:
    name, kind = next(iter(TYPES.items()))
    event = sample(kind.DESCRIPTOR)
    first = add(tmp_path, name, event)
    assert first is not None
    before = first.read_bytes()
    assert add(tmp_path, name, event) is None
    assert add(tmp_path, name, kind()) == tmp_path / f"{name}.2.json"
    assert first.read_bytes() == before
    (tmp_path / f"{name}.1.json").rename(tmp_path / f"{name}.3.json")
    (tmp_path / f"{name}.3.json").write_text('{"data": "of another"}')
    with pytest.raises(FileExistsError):
        add(tmp_path, name, event)
