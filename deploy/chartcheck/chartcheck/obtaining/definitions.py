"""From a CustomResourceDefinition to the schema of a kind."""

from __future__ import annotations

from pathlib import Path

import yaml

from chartcheck.objects import Body
from chartcheck.obtaining.running import NotObtained

_EXPERIMENTAL = "<gateway:experimental>"


def schemas_of_definitions(files: list[Path], kinds: list[str]) -> dict[str, Body]:
    """Give the schema of each kind. Raises NotObtained when the files hold no such kind."""
    found: dict[str, Body] = {}
    for file in files:
        spec = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["spec"]
        for version in spec["versions"]:
            kind = f"{spec['group']}/{version['name']}/{spec['names']['kind']}"
            found[kind] = without_experiments(version["schema"]["openAPIV3Schema"])
    missing = sorted(set(kinds) - set(found))
    if missing:
        raise NotObtained(
            f"no definition of {', '.join(missing)}: is the version in sources.toml old enough or too old?"
        )
    return {kind: found[kind] for kind in kinds}


def without_experiments(schema: Body) -> Body:
    """Leave out the fields that the Gateway API's standard channel does not have: a cluster would drop them."""
    kept = dict(schema)
    if "properties" in kept:
        fields = kept["properties"].items()
        kept["properties"] = {
            name: without_experiments(field)
            for name, field in fields
            if _EXPERIMENTAL not in field.get("description", "")
        }
    if "items" in kept:
        kept["items"] = without_experiments(kept["items"])
    return kept
