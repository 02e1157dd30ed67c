from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distributions
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent


def load(name: str) -> ModuleType:
    """Import a script of the build."""
    spec = importlib.util.spec_from_file_location(name, HERE.parent / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fit, whole = load("fit"), load("whole")


def installed(folder: Path, name: str, *files: str, requires: str = "") -> None:
    """Lay out a distribution as pip does."""
    about = folder / f"{name}-1.dist-info"
    about.mkdir(parents=True)
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{needs}")
    (about / "RECORD").write_text(
        "".join(f"{file},,\n" for file in (*files, f"{about.name}/METADATA", f"{about.name}/RECORD"))
    )
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()


def test_what_a_service_needs_is_what_its_package_declares_and_what_that_declares() -> None:
    needed = fit.needed(["lienthong-identity"])
    assert {"lienthong-eventlog", "grpcio", "psycopg-binary", "crc32c", "alembic"} <= needed
    assert not needed & {"lienthong-docexchange", "lienthong-sdk", "obstore", "typer", "hatchling", "pip", "pytest"}


def test_the_tools_need_both_services_and_the_command() -> None:
    assert {"lienthong-identity", "lienthong-docexchange", "lienthong-sdk", "typer"} <= fit.needed(["lienthong-tour"])


def test_an_extra_brings_what_it_names() -> None:
    assert "crc32c" in fit.needed(["kafka-python[crc32c]"]) - fit.needed(["kafka-python"])


def test_a_service_that_there_is_not_is_refused() -> None:
    root, _ = fit.root_and_module("identiti")
    with pytest.raises(PackageNotFoundError):
        fit.needed([root])


def test_all_of_what_is_not_needed_goes_and_nothing_else(tmp_path: Path) -> None:
    installed(tmp_path, "kept", "kept/__init__.py", "shared/kept.py")
    installed(tmp_path, "gone", "gone/deep/er.py", "shared/gone.py", "../elsewhere")
    fit.remove_all_but({"kept"}, list(distributions(path=[str(tmp_path)])))
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"kept/__init__.py", "shared/kept.py", "kept-1.dist-info/METADATA", "kept-1.dist-info/RECORD"}
    assert not (tmp_path / "gone").exists()


def test_the_entry_point_runs_the_service_with_its_arguments(tmp_path: Path) -> None:
    (tmp_path / "loud_service.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    fit.write_start(tmp_path / "bin", fit.root_and_module("loud")[1])
    done = subprocess.run(
        [tmp_path / "bin" / "start", "migrate"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "__main__ ['migrate']\n"


def test_modules_that_only_tests_run_are_not_imported(tmp_path: Path) -> None:
    for file in ("eventlog/record.py", "eventlog/conformance/topic.py", "a/__init__.py", "a/__main__.py", "bin/x.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert list(whole.modules(tmp_path)) == ["a", "eventlog.record"]


def test_a_module_that_cannot_be_imported_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import not_declared_anywhere\n")
    command = [sys.executable, str(HERE.parent / "whole.py"), str(tmp_path)]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No module named 'not_declared_anywhere'" in done.stderr
