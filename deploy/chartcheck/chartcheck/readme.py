"""The chart's README: README.head.md, then every value of values.yaml with its default and its `# -- ` line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chartcheck.finding import CannotCheck, Finding
from chartcheck.loading import mapping
from chartcheck.objects import Body

_KEY = re.compile(r"^( *)([\w.-]+):")
_TOLD = re.compile(r"^ *# -- (.*)$")
_INDENT = 2
_MARK = "<!-- Below: written from values.yaml by `python -m chartcheck write`. -->"


@dataclass(frozen=True)
class Value:
    """One row: where it lies, its default, and what it means."""

    path: tuple[str, ...]
    default: Any
    means: str


def readme_is_the_committed_one(chart: Path) -> Iterator[Finding]:
    """Compare to the byte."""
    file = chart / "README.md"
    if not file.exists() or file.read_text(encoding="utf-8") != text_of(chart):
        yield Finding(
            str(file), "is not what README.head.md and values.yaml give", "python -m chartcheck write, and commit it"
        )


def every_value_is_explained(chart: Path) -> Iterator[Finding]:
    """Give the leaves of values.yaml that neither they nor a mapping above them say anything of."""
    told = {value.path for value in values(chart)}
    for path in _leaves(mapping(chart / "values.yaml"), ()):
        if not any(path[:length] in told for length in range(1, len(path) + 1)):
            yield Finding(
                str(chart / "values.yaml"), f"{'.'.join(path)} is not explained", "Write a line `# -- ...` above it"
            )


def text_of(chart: Path) -> str:
    """Write the whole README. Raises CannotCheck when its head is missing."""
    head = chart / "README.head.md"
    if not head.exists():
        raise CannotCheck(f"{head} is missing: it is the README's text before the table of values")
    rows = values(chart)
    parts = [head.read_text(encoding="utf-8").rstrip(), _MARK, "## Values"]
    for top in dict.fromkeys(value.path[0] for value in rows):
        parts.append(f"### {top}")
        parts.append(
            "\n".join(["| value | default | what |", "|---|---|---|", *(_row(it) for it in rows if it.path[0] == top)])
        )
    return "\n\n".join(parts) + "\n"


def values(chart: Path) -> list[Value]:
    """Read every value that has a `# -- ` line, in the file's order."""
    file = chart / "values.yaml"
    defaults = mapping(file)
    found: list[Value] = []
    path: tuple[str, ...] = ()
    told = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        comment, key = _TOLD.match(line), _KEY.match(line)
        if comment:
            told = comment[1].strip()
        elif key:
            path = (*path[: len(key[1]) // _INDENT], key[2])
            if told:
                found.append(Value(path, _at(defaults, path), told))
            told = ""
    return found


def _at(values: Body, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values[key]
    return values


def _leaves(values: Body, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key)


def _row(value: Value) -> str:
    default = json.dumps(value.default, ensure_ascii=False)
    return f"| `{'.'.join(value.path)}` | `{_cell(default)}` | {_cell(value.means)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
