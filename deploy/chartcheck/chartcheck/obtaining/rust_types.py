"""From the Rust types that kopium makes of a CustomResourceDefinition back to the schema of a kind."""

from __future__ import annotations

import re

from chartcheck.objects import Body
from chartcheck.obtaining.running import NotObtained

_KIND = re.compile(r'#\[kube\(group = "([^"]+)", version = "([^"]+)", kind = "([^"]+)"')
_BLOCK = re.compile(r"^pub (struct|enum) (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"(?:#\[serde\(([^\]]*)\)\]\s+)?pub (?:r#)?(\w+): (.+),$", re.MULTILINE)
_CHOICE = re.compile(r'(?:#\[serde\(rename = "([^"]*)"\)\]\s+)?(?:r#)?(\w+),$', re.MULTILINE)
_RENAMED = re.compile(r'rename = "([^"]*)"')
_PROSE = re.compile(r"^\s*///.*\n", re.MULTILINE)
_GENERIC = re.compile(r"(Option|Vec|BTreeMap<String,)\s*<?(.+)>")
_PLAIN: dict[str, Body] = {
    "String": {"type": "string"},
    "bool": {"type": "boolean"},
    "f64": {"type": "number"},
    "i32": {"type": "integer"},
    "i64": {"type": "integer"},
    "IntOrString": {"type": ["integer", "string"]},
    "serde_json::Value": {"x-kubernetes-preserve-unknown-fields": True},
}


def schema_of_types(text: str) -> tuple[str, Body]:
    """Give the kind (apiVersion/Kind) of the file, and its schema. Raises NotObtained."""
    plain = _PROSE.sub("", text)
    told = _KIND.search(plain)
    if told is None:
        raise NotObtained("a file of Rust types names no kind: the crate has another form than it had")
    group, version, kind = told.groups()
    blocks = {name: (what, inside) for what, name, inside in _BLOCK.findall(plain)}
    fields = {name: {"type": "string"} for name in ("apiVersion", "kind")} | {"metadata": {"type": "object"}}
    spec = _schema(f"{kind}Spec", blocks)
    return f"{group}/{version}/{kind}", {"type": "object", "properties": {**fields, "spec": spec}, "required": ["spec"]}


def _schema(name: str, blocks: dict[str, tuple[str, str]]) -> Body:
    if name in _PLAIN:
        return dict(_PLAIN[name])
    generic = _GENERIC.fullmatch(name)
    if generic:
        return _generic(generic[1], _schema(generic[2], blocks))
    if name not in blocks:
        raise NotObtained(f"a Rust type is not understood: {name}")
    what, inside = blocks[name]
    if what == "enum":
        return {"type": "string", "enum": [renamed or own for renamed, own in _CHOICE.findall(inside)]}
    fields = {_written(attributes, own): type_ for attributes, own, type_ in _FIELD.findall(inside)}
    return {
        "type": "object",
        "properties": {field: _schema(type_, blocks) for field, type_ in fields.items()},
        "required": [field for field, type_ in fields.items() if not type_.startswith("Option<")],
    }


def _generic(outer: str, inner: Body) -> Body:
    if outer == "Option":
        return inner
    if outer == "Vec":
        return {"type": "array", "items": inner}
    return {"type": "object", "additionalProperties": inner}


def _written(attributes: str, own: str) -> str:
    renamed = _RENAMED.search(attributes)
    return renamed[1] if renamed else own
