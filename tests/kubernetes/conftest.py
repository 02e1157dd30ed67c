"""The cluster, the engines and the platform under test: made once for all tests of this folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.kubernetes.cluster import Cluster, cluster_of_kind
from tests.kubernetes.given_engines import Engines, engines
from tests.kubernetes.installed import Installed, installation
from tests.kubernetes.loading import Loading
from tests.kubernetes.looking import tell
from tests.kubernetes.programs import ROOT, CommandFailed, Programs, from_environment

IMAGES: Final = ("identity", "docexchange", "tools")
ORDER: Final = (
    "test_installing",
    "test_tour",
    "test_upgrading",
    "test_scaling",
    "test_killing",
    "test_draining",
    "test_whole",
    "test_removing",
    "test_refusing",
)
_SECONDS: Final = 1800  # of one test, with images that are built before it
_NO_CLUSTER: Final = "no cluster: name one in KUBECONFIG, or install kind (https://kind.sigs.k8s.io), which makes one"
_figures: dict[str, Any] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One platform is installed, used and taken out, in this order; the first test of each waits for what it needs."""
    for item in items:
        item.add_marker(pytest.mark.timeout(_SECONDS))
    items.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else len(ORDER))


@pytest.fixture(scope="session")
def reaching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """Give the programs that reach a cluster, which is there."""
    with contextlib.ExitStack() as made:
        if "KUBECONFIG" not in os.environ:
            if shutil.which("kind") is None:
                pytest.exit(_NO_CLUSTER, 2)
            made.enter_context(cluster_of_kind(tmp_path_factory.mktemp("kind")))
        found = from_environment()
        Cluster(found, "default").kubectl("version")
        yield found


@pytest.fixture(scope="session")
def programs(reaching: Programs) -> Programs:
    """Give the programs, with the images on the nodes."""
    for name in IMAGES:
        reaching.make_image(name, ROOT / "deploy" / "docker" / "Dockerfile", {"SERVICE": name, "VERSION": reaching.tag})
    return reaching


@pytest.fixture(scope="session")
def given_engines(programs: Programs) -> Iterator[Engines]:
    """Give a PostgreSQL and a Kafka."""
    with engines(programs) as found:
        yield found


@pytest.fixture(scope="session")
def platform(
    programs: Programs, given_engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """Give the platform, installed and ready."""
    with installation(programs, given_engines, tmp_path_factory.mktemp("keys"), "test") as installed:
        installed.install("--wait", "--timeout", "120s")
        yield installed


@pytest.fixture(scope="session")
def load(platform: Installed) -> Loading:
    """Give a load on the platform, which the last of its tests ends."""
    return Loading(platform)


@pytest.fixture
def figures() -> dict[str, Any]:
    """Give what the tests measured; it becomes the file LIENTHONG_TEST_FIGURES."""
    return _figures


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show what an operator would look at when a test has failed, while it is still there."""
    report: Any = yield
    if report.failed:
        for installed in (each for each in getattr(item, "funcargs", {}).values() if isinstance(each, Installed)):
            with contextlib.suppress(CommandFailed):
                tell(installed.cluster)
    return report


def pytest_sessionfinish() -> None:
    """Write the figures."""
    if "LIENTHONG_TEST_FIGURES" in os.environ:
        Path(os.environ["LIENTHONG_TEST_FIGURES"]).write_text(json.dumps(_figures, indent=2) + "\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    for name, value in _figures.items():
        terminalreporter.write_line(f"figure {name}: {value}")
