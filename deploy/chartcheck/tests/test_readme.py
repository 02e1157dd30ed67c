"""The chart's README holds every value of values.yaml, in its order, with its default and its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from chartcheck.finding import CannotCheck
from chartcheck.readme import every_value_is_explained, text_of, values

VALUES = """
# A remark that is none of a value's.
image:
  # -- Where the images lie, a|b
  registry: ""
  tag: "1"  # said here
# -- Logs that it reads
follows: [identity]
resources:
  # -- What it asks for
  requests: {cpu: 1, memory: 2}
  limits:
    # -- At most
    cpu: 2
other:
  deep: {leaf: 1}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "values.yaml").write_text(VALUES)
    (tmp_path / "README.head.md").write_text("# Head\n")
    return tmp_path


def test_a_line_belongs_to_the_key_below_it(chart: Path) -> None:
    assert [(".".join(value.path), value.default) for value in values(chart)] == [
        ("image.registry", ""),
        ("follows", ["identity"]),
        ("resources.requests", {"cpu": 1, "memory": 2}),
        ("resources.limits.cpu", 2),
    ]


def test_the_head_stands_before_a_table_for_each_part(chart: Path) -> None:
    text = text_of(chart)

    assert text.startswith("# Head\n")
    assert [line for line in text.splitlines() if line.startswith("### ")] == [
        "### image",
        "### follows",
        "### resources",
    ]
    assert '| `image.registry` | `""` | Where the images lie, a\\|b |' in text
    assert '| `resources.requests` | `{"cpu": 1, "memory": 2}` | What it asks for |' in text


def test_a_value_without_a_line_is_found_unless_one_above_it_has_one(chart: Path) -> None:
    found = [finding.what for finding in every_value_is_explained(chart)]

    assert found == ["image.tag is not explained", "other.deep.leaf is not explained"]


def test_a_chart_without_a_head_is_an_error(chart: Path) -> None:
    (chart / "README.head.md").unlink()

    with pytest.raises(CannotCheck, match=r"README\.head\.md is missing"):
        text_of(chart)
