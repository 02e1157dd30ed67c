"""Schemas from a crate of Rust types that were made of CustomResourceDefinitions."""

from __future__ import annotations

from pathlib import Path

from chartcheck.objects import Body
from chartcheck.obtaining.running import NotObtained, run
from chartcheck.obtaining.rust_types import schema_of_types
from chartcheck.obtaining.source import Source

_PROJECT = """[package]
name = "schemas"
version = "0.1.0"
edition = "2021"

[dependencies]
{package} = "={version}"
"""


def obtain(source: Source, folder: Path) -> dict[str, Body]:
    """Give the schema of each kind."""
    (folder / "src").mkdir()
    (folder / "src" / "lib.rs").touch()
    (folder / "Cargo.toml").write_text(
        _PROJECT.format(package=source.package, version=source.version), encoding="utf-8"
    )
    run(folder, "cargo", "vendor", "-q", "kept")
    version = folder / "kept" / source.package / "src" / "v1"
    files = [file for file in sorted(version.glob("*.rs")) if file.name != "mod.rs"]
    found = dict(schema_of_types(file.read_text(encoding="utf-8")) for file in files)
    missing = sorted(set(source.kinds) - set(found))
    if missing:
        raise NotObtained(f"{source.package} {source.version} has no type of {', '.join(missing)}")
    return {kind: found[kind] for kind in source.kinds}
