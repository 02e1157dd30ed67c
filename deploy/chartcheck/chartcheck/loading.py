"""YAML as an API server takes it: a key that stands twice is an error, not the last one's word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from chartcheck.finding import CannotCheck

_MERGED = "tag:yaml.org,2002:merge"  # <<: what is taken over from elsewhere may be said anew


class _Strict(yaml.CSafeLoader):
    """Refuses a mapping that says one key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        """Build the mapping. Raises yaml.constructor.ConstructorError."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if key.tag != _MERGED]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def documents(text: str) -> list[Any]:
    """Read all that are not empty. Raises yaml.YAMLError."""
    return [each for each in yaml.load_all(text, Loader=_Strict) if each is not None]


def mapping(file: Path) -> dict[str, Any]:
    """Read a file of one mapping; an empty file is an empty one. Raises CannotCheck."""
    try:
        found = documents(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise CannotCheck(f"{file} cannot be read: {error}") from error
    if len(found) > 1 or not all(isinstance(each, dict) for each in found):
        raise CannotCheck(f"{file} is no single mapping of YAML")
    return dict(found[0]) if found else {}
