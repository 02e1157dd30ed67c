"""From a schema as it was obtained to the kept one: strict, without prose, each part that repeats written once."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from chartcheck.objects import Body

_KEPT = frozenset(
    (
        *("$ref", "type", "enum", "const", "pattern", "required", "properties", "additionalProperties", "items"),
        *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "allOf", "anyOf", "oneOf", "not"),
    )
)
_CONSTRAINTS = ("allOf", "anyOf", "oneOf", "not")
_WORTH_A_NAME = 160  # characters; below that a reference saves nothing
OBJECT_META = {"$ref": "kubernetes#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}


def strict_kind(schema: Body) -> Body:
    """Make the schema of a custom resource strict; `metadata` is Kubernetes' own, `status` is not ours to write."""
    made = strict(schema)
    fields = {name: field for name, field in made["properties"].items() if name != "status"}
    made["properties"] = fields | {"metadata": OBJECT_META}
    return made


def strict(schema: Body) -> Body:
    """Refuse the fields that a structural schema does not know: an API server would drop them without a word."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"], **{key: schema[key] for key in ("pattern",) if key in schema}}
    made = {key: _part(key, value) for key, value in schema.items() if key in _KEPT}
    if made.get("type") == "object" and "additionalProperties" not in made and not _open(schema):
        made["additionalProperties"] = False
        made.setdefault("properties", {})
    if not made.get("required", True):
        del made["required"]
    if schema.get("nullable"):
        made["type"] = [made["type"], "null"]
    return made


def _open(schema: Body) -> bool:
    return bool(schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource"))


def _part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: strict(field) for name, field in value.items()}
    if key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
        return strict(value)
    return only_kept(value) if key in _CONSTRAINTS else value


def only_kept(part: Any) -> Any:
    """Leave out prose and marks, and add nothing: for constraints, and for schemas that are strict already."""
    if isinstance(part, list):
        return [only_kept(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: only_kept(value) for key, value in part.items() if key in _KEPT and key != "properties"}
    if "properties" in part:
        made["properties"] = {name: only_kept(field) for name, field in part["properties"].items()}
    return made


def with_names(kinds: dict[str, Body]) -> tuple[dict[str, Body], dict[str, Body]]:
    """Give the kinds, and by name the parts that occur in them more than once."""
    seen: Counter[str] = Counter()
    for schema in kinds.values():
        _count(schema, seen)
    named: dict[str, Body] = {}
    return {kind: _replaced(schema, seen, named) for kind, schema in kinds.items()}, dict(sorted(named.items()))


def _count(part: Any, seen: Counter[str]) -> None:
    if isinstance(part, dict):
        text = _text(part)
        seen[text] += 1
        if seen[text] > 1:
            return
    for each in _inside(part):
        _count(each, seen)


def _replaced(part: Any, seen: Counter[str], named: dict[str, Body]) -> Any:
    if isinstance(part, list):
        return [_replaced(each, seen, named) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: _replaced(value, seen, named) for key, value in part.items()}
    text = _text(part)
    if seen[text] < 2 or len(text) < _WORTH_A_NAME or not _is_schema(part):
        return made
    name = hashlib.sha256(text.encode()).hexdigest()[:10]
    named[name] = made
    return {"$ref": f"#/$defs/{name}"}


def _is_schema(part: Body) -> bool:
    return "type" in part and not isinstance(part["type"], dict)


def _inside(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    return part if isinstance(part, list) else []


def _text(part: Body) -> str:
    return json.dumps(part, sort_keys=True)
