"""Each package declares what it imports: an image holds only what is declared."""

from __future__ import annotations

import ast
import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
FOR_TESTS = {"eventlog/conformance", "tour/on_distributed.py"}  # what they need is installed for tests only
OWNERS: dict[str, str] = {  # of modules, since several distributions may share a top-level package
    ".".join(file.with_name(file.name.partition(".")[0]).parts).removesuffix(".__init__"): canonicalize_name(each.name)
    for each in distributions()
    for file in each.files or ()
    if file.suffix in {".py", ".so"}
}
PROJECTS: dict[str, tuple[Path, dict[str, Any]]] = {
    settings["project"]["name"]: (file.parent, settings)
    for folder in ("libs", "services", "deploy")
    for file in sorted(ROOT.glob(f"{folder}/*/pyproject.toml"))
    for settings in [tomllib.loads(file.read_text())]
}


def packages(name: str) -> list[str]:
    found: list[str] = PROJECTS[name][1]["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return found


OWN = {package: name for name in PROJECTS for package in packages(name)}
SHIPPED = sorted(set(PROJECTS) & {"lienthong-distributed", "lienthong-embedded", "lienthong-tour"}) + sorted(
    name for name, (folder, _) in PROJECTS.items() if folder.parent.name != "deploy" and name != "lienthong-contracts"
)


def declared(name: str) -> set[str]:
    """Give the names of all that a package of this tree needs by what is declared in it now."""
    found, waiting, others = set[str](), [name], list[str]()
    while waiting:
        own = waiting.pop()
        found.add(own)
        for line in PROJECTS[own][1]["project"]["dependencies"]:
            if line not in PROJECTS:
                others.append(line)
            elif line not in found:
                waiting.append(line)
    needed: set[str] = fit().needed(others)
    return found | needed


def fit() -> Any:
    spec = importlib.util.spec_from_file_location("fit", HERE.parent / "fit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imported(tree: ast.AST) -> Iterator[str]:
    """Give the names of what a module imports when it runs, as exactly as they are written."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imported(node)


def owner(name: str) -> str | None:
    """Return the package or distribution that an imported name comes from; None for the standard library."""
    top = name.partition(".")[0]
    if top in OWN or top in sys.stdlib_module_names:
        return OWN.get(top)
    while name and name not in OWNERS:
        name = name.rpartition(".")[0]
    return OWNERS.get(name, "nothing that is installed")


def sources(name: str) -> Iterator[Path]:
    folder = PROJECTS[name][0]
    for package in packages(name):
        for file in sorted((folder / package).rglob("*.py")):
            if not any(str(file.relative_to(folder)).startswith(each) for each in FOR_TESTS):
                yield file


@pytest.mark.parametrize("name", SHIPPED)
def test_a_package_declares_what_it_imports(name: str) -> None:
    allowed = declared(name)
    for file in sources(name):
        for each in imported(ast.parse(file.read_text())):
            found = owner(each)
            assert found is None or found in allowed, f"{file.relative_to(ROOT)}: {each} is of {found}: declare it"
