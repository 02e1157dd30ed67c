"""Every object against the schema of its kind, strictly: an unknown field is an error.

The schemas are kept in chartcheck/schemas, one file a project, with its version and licence (obtaining/sources.toml).
They check form: what an operator judges only when it reads the object (CEL rules) is not among it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from chartcheck.finding import Finding
from chartcheck.objects import Object, Rendered

_FOLDER = Path(__file__).with_name("schemas")


def every_object_fits_its_schema(rendered: Rendered) -> Iterator[Finding]:
    """Give one finding for each field that does not fit, and for each kind that nothing is known of."""
    for each in rendered.objects:
        yield from _judged(each)


def no_object_is_rendered_twice(rendered: Rendered) -> Iterator[Finding]:
    """Give the objects of which the second would replace the first."""
    seen = set()
    for each in rendered.objects:
        key = (each.body.get("apiVersion"), each.where, each.body.get("metadata", {}).get("namespace"))
        if key in seen:
            yield Finding(each.where, "is rendered twice", "Give each a name of its own")
        seen.add(key)


def _judged(each: Object) -> Iterator[Finding]:
    name = f"{each.body.get('apiVersion')}/{each.kind}"
    validator = _validators().get(name)
    if validator is None:
        yield Finding(
            each.where, f"no schema of {name} is kept", "Add the kind to obtaining/sources.toml and obtain it"
        )
        return
    for error in validator.iter_errors(each.body):
        yield _finding(each, error)


def _finding(each: Object, error: ValidationError) -> Finding:
    if error.context:
        error = best_match([error]) or error
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return Finding(f"{each.where} {path or '.'}", error.message[:300], "Write it as its API has it")


@cache
def _validators() -> dict[str, Draft202012Validator]:
    kept = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(_FOLDER.glob("*.json"))}
    shared: Registry[Any] = Registry().with_resources((n, DRAFT202012.create_resource(it)) for n, it in kept.items())
    return {
        kind: Draft202012Validator(
            {"$ref": f"{name}#/kinds/{kind.replace('~', '~0').replace('/', '~1')}"}, registry=shared
        )
        for name, it in kept.items()
        for kind in it["kinds"]
    }
