"""A project whose schemas are kept, as sources.toml tells of it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TOLD = Path(__file__).with_name("sources.toml")


@dataclass(frozen=True)
class Source:
    """What to obtain: `kinds` are apiVersion/Kind; `further` is what only one way of obtaining needs."""

    name: str
    by: str
    package: str
    version: str
    licence: str
    kinds: list[str]
    further: dict[str, Any]

    def header(self) -> dict[str, str]:
        """Say in the kept file where it is from."""
        said = {"name": self.package, "version": self.version, "licence": self.licence, "by": self.by}
        return {**said, "release": self.further["release"]} if "release" in self.further else said


def sources() -> list[Source]:
    """Read them all."""
    told = tomllib.loads(_TOLD.read_text(encoding="utf-8"))
    return [_source(name, dict(fields)) for name, fields in told.items()]


def _source(name: str, fields: dict[str, Any]) -> Source:
    own = {key: fields.pop(key) for key in ("by", "package", "version", "licence", "kinds")}
    return Source(name, **own, further=fields)
