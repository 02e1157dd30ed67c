"""What is obtained from a project becomes strict and small, and nothing that it says of a field is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from chartcheck.obtaining.compact import strict, strict_kind, with_names
from chartcheck.obtaining.definitions import schemas_of_definitions
from chartcheck.obtaining.running import NotObtained, run
from chartcheck.obtaining.rust_types import schema_of_types
from chartcheck.obtaining.source import sources
from jsonschema import Draft202012Validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "prose",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^a", "description": "prose", "default": "a"},
        "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "either": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}},
        "perhaps": {"type": "string", "nullable": True},
        "description": {"type": "string"},
    },
    "oneOf": [{"required": ["name"]}, {"required": ["port"]}],
}
RUST = """
#[kube(group = "example.vn", version = "v1", kind = "Thing", plural = "things")]
pub struct ThingSpec {
    /// pub no_field: String,
    #[serde(rename = "longName")]
    pub long_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "parts")]
    pub parts: Option<Vec<ThingPart>>,
    pub r#type: Option<ThingType>,
    pub sizes: Option<BTreeMap<String, BTreeMap<String, IntOrString>>>,
}

pub struct ThingPart {
    pub number: i32,
}

pub enum ThingType {
    #[serde(rename = "big")]
    Big,
    Small,
}
"""


@pytest.mark.parametrize(
    "good",
    [
        {"name": "ab", "free": {"any": {"thing": 1}}, "labels": {"any": "text"}},
        {"name": "ab", "either": [{"a": 1}], "perhaps": None, "description": "is a field too"},
    ],
)
def test_what_the_schema_knows_is_let_through(good: dict[str, Any]) -> None:
    assert errors(strict(SCHEMA), good) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "ab", "unknown": 1},
        {"name": "ab", "either": [{"b": 1}]},
        {"name": "b"},
        {"name": "ab", "port": 1.5},
        {"name": "ab", "port": 80},
        {"name": None},
        {},
    ],
)
def test_what_it_does_not_know_is_refused(bad: dict[str, Any]) -> None:
    assert errors(strict(SCHEMA), bad)


def test_prose_and_defaults_are_left_out() -> None:
    assert "prose" not in str(strict(SCHEMA))
    assert "default" not in str(strict(SCHEMA))


def test_a_status_is_not_ours_to_write() -> None:
    made = strict_kind({"type": "object", "properties": {"metadata": {"type": "object"}, "status": {"type": "object"}}})

    assert set(made["properties"]) == {"metadata"}


def test_what_repeats_is_written_once_and_means_the_same() -> None:
    part = {"type": "object", "properties": {f"field{number}": {"type": "string"} for number in range(9)}}
    whole = {"type": "object", "properties": {"a": part, "b": part}}
    kinds, named = with_names({"one": whole, "two": {"type": "array", "items": part}})
    plain = {"$defs": named, **kinds["one"]}

    assert len(named) == 1
    assert errors(plain, {"a": {"field1": "x"}}) == []
    assert errors(plain, {"a": {"field1": 1}})


def test_experimental_fields_of_the_gateway_api_are_left_out(tmp_path: Path) -> None:
    fields = {"a": {"type": "string"}, "b": {"type": "string", "description": "x\n<gateway:experimental>\n"}}
    listed = {"type": "array", "items": {"type": "object", "properties": fields}}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": listed}}}}]
    spec = {"group": "example.vn", "names": {"kind": "Thing"}, "versions": versions}
    (tmp_path / "thing.yaml").write_text(yaml.safe_dump({"spec": spec}))

    [schema] = schemas_of_definitions([tmp_path / "thing.yaml"], ["example.vn/v1/Thing"]).values()

    assert list(schema["properties"]["spec"]["items"]["properties"]) == ["a"]


def test_a_kind_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NotObtained, match=r"no definition of example\.vn/v1/Thing"):
        schemas_of_definitions([], ["example.vn/v1/Thing"])


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        ({"longName": "x", "parts": [{"number": 1}], "type": "big", "sizes": {"a": {"b": "c", "d": 1}}}, True),
        ({"longName": "x", "type": "Small"}, True),
        ({"long_name": "x"}, False),
        ({"longName": "x", "parts": [{"number": "1"}]}, False),
        ({"longName": "x", "type": "middle"}, False),
        ({"longName": "x", "no_field": "x"}, False),
        ({}, False),
    ],
)
def test_rust_types_become_a_schema_again(spec: dict[str, Any], *, fits: bool) -> None:
    kind, schema = schema_of_types(RUST)

    assert kind == "example.vn/v1/Thing"
    assert (errors(strict(schema), {"apiVersion": "example.vn/v1", "kind": "Thing", "spec": spec}) == []) == fits


@pytest.mark.parametrize("text", ["pub struct A {\n}\n", RUST.replace("i32", "Unheard")])
def test_rust_types_of_another_form_are_an_error(text: str) -> None:
    with pytest.raises(NotObtained):
        schema_of_types(text)


def test_a_client_that_fails_or_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotObtained, match="sh -c echo no; exit 3 failed with 3: no"):
        run(tmp_path, "sh", "-c", "echo no; exit 3")
    with pytest.raises(NotObtained, match="no-such-program is not installed"):
        run(tmp_path, "no-such-program")


def test_every_kind_has_one_source() -> None:
    kinds = [kind for source in sources() for kind in source.kinds]

    assert len(kinds) == len(set(kinds))


def errors(schema: dict[str, Any], instance: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(instance)]
