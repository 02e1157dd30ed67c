"""The rules of the house that no linter knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BANNED = {"common", "utils", "helpers", "base", "misc"}
LONGEST = 400  # lines of a source file
ADDRESS = re.compile(
    r"(pypi|pythonhosted|npmjs|crates|proxy\.golang|maven\.org|maven\.apache)\.?(org|com|io|dev)?/", re.IGNORECASE
)


def tracked() -> list[Path]:
    """List what git knows and what it would be told of: not what it ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def sources() -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == ".py"
        and not path.is_relative_to(ROOT / "libs" / "contracts" / "lienthong")
        and not path.is_relative_to(ROOT / "libs" / "contracts" / "buf")
    ]


def test_no_file_is_a_place_where_things_get_put() -> None:
    assert not [path for path in tracked() if path.stem in BANNED]


def test_no_source_file_is_too_long_to_be_read_in_one_sitting() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert not {path: lines for path, lines in long.items() if lines > LONGEST}


def test_no_file_names_the_address_of_a_package_registry() -> None:
    locks = [path for path in tracked() if path.suffix in {".lock", ".in", ".toml", ".yaml", ".json", ".md", ""}]
    assert not [path for path in locks if ADDRESS.search(path.read_text(errors="ignore"))]


@pytest.mark.parametrize("kind", ["libs", "services"])
def test_every_library_and_service_says_what_it_is(kind: str) -> None:
    folders = [path for path in (ROOT / kind).iterdir() if path.is_dir() and (path / "pyproject.toml").exists()]
    assert folders
    for folder in folders:
        assert (folder / "README.md").exists(), f"{folder.name} has no README.md"


def test_every_folder_of_the_contract_says_what_it_is() -> None:
    for folder in {path.parent for path in (ROOT / "protos").rglob("*.proto")}:
        assert (folder / "README.md").exists(), f"{folder.relative_to(ROOT)} has no README.md"


def test_services_have_the_same_anatomy() -> None:
    for service in (ROOT / "services").iterdir():
        if not (service / "pyproject.toml").exists():
            continue
        package = service / f"{service.name}_service"
        wanted = ["__main__.py", "settings.py", "app.py", "commands.py", "views"]
        assert not [name for name in wanted if not (package / name).exists()]
        assert len((package / "__main__.py").read_text().splitlines()) <= 30
