"""Schemas from the Go types of an API: the module is imported, and controller-gen reads its types."""

from __future__ import annotations

from pathlib import Path

from chartcheck.objects import Body
from chartcheck.obtaining.definitions import schemas_of_definitions
from chartcheck.obtaining.running import run
from chartcheck.obtaining.source import Source

_GENERATOR = "sigs.k8s.io/controller-tools/cmd/controller-gen"
_GENERATOR_VERSION = "v0.20.1"
_PROGRAM = 'package schemas\n\nimport _ "{package}"\n'


def obtain(source: Source, folder: Path) -> dict[str, Body]:
    """Give the schema of each kind."""
    (folder / "schemas.go").write_text(_PROGRAM.format(package=source.package), encoding="utf-8")
    run(folder, "go", "mod", "init", "lienthong.example/schemas")
    run(folder, "go", "get", f"{source.further['module']}@{source.version}")
    run(folder, "go", "get", "-tool", f"{_GENERATOR}@{_GENERATOR_VERSION}")
    run(folder, "go", "mod", "tidy")
    run(folder, "go", "tool", "controller-gen", "crd", f"paths={source.package}", "output:crd:dir=made")
    return schemas_of_definitions(sorted((folder / "made").glob("*.yaml")), source.kinds)
