"""The committed examples: what each values file renders to, so that a change of the chart is seen in its review."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from chartcheck.finding import Finding
from chartcheck.objects import Rendered

_HEAD = "# What {case} renders to. Written by `python -m chartcheck write`; never edit it.\n"


def example_is_the_committed_one(rendered: Rendered, folder: Path) -> Iterator[Finding]:
    """Compare to the byte, and name the first line that differs."""
    file = folder / f"{rendered.case}.yaml"
    committed = file.read_text(encoding="utf-8") if file.exists() else ""
    made = text_of(rendered)
    if committed != made:
        yield Finding(
            str(file), _difference(committed, made), "If that is meant: python -m chartcheck write, and commit it"
        )


def no_example_is_left_over(folder: Path, cases: list[str]) -> Iterator[Finding]:
    """Give the examples of values files that are gone."""
    for file in sorted(folder.glob("*.yaml")):
        if not file.name.endswith(".settings.yaml") and file.stem not in cases:
            yield Finding(str(file), "no values file renders to it", "Delete it")


def text_of(rendered: Rendered) -> str:
    """Write all objects in one stable order, keys sorted."""
    bodies = [each.body for each in rendered.objects]
    dumped = yaml.dump_all(bodies, Dumper=_Plain, sort_keys=True, width=120, allow_unicode=True, explicit_start=True)
    return _HEAD.format(case=rendered.case) + str(dumped)


class _Plain(yaml.CSafeDumper):
    """Writes a text of several lines as a block, and nothing by reference."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write every part in full."""
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)


def _difference(committed: str, made: str) -> str:
    if not committed:
        return "is missing"
    before, now = committed.splitlines(), made.splitlines()
    number = next(
        (at for at, (old, new) in enumerate(zip(before, now, strict=False)) if old != new), min(len(before), len(now))
    )
    old, new = ((lines[number].strip() if number < len(lines) else "its end") for lines in (before, now))
    return f"line {number + 1} differs: committed `{old[:80]}`, rendered `{new[:80]}`"
