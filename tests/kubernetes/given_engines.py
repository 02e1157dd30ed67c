"""PostgreSQL and Kafka for the platforms under test: in pods, or beside them.

LIENTHONG_TEST_ENGINES       pods: the official images; beside: on this machine, in the cluster's network
LIENTHONG_TEST_BESIDE_HOST   beside: the address of this machine at which pods find them
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from tests.kubernetes.cluster import Cluster, namespace
from tests.kubernetes.programs import ROOT, CommandFailed, Programs

_MANIFESTS = Path(__file__).parent / "engines"


class Engines(Protocol):
    """A PostgreSQL and a Kafka."""

    bootstrap: str
    described: str

    def database(self, name: str) -> str:
        """Make a database; return its owner's URL."""
        ...


class Beside:
    """A process in the cluster's network that has them: see `beside`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        told = self._answer()
        self.bootstrap, self.described = told["bootstrap"], told["described"]

    def database(self, name: str) -> str:
        """See `Engines.database`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        url: str = self._answer()["url"]
        return url

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise CommandFailed("the engines beside the pods did not start: what they said stands above")
        return json.loads(line)


class InPods:
    """The manifests of `engines`, in a namespace of their own."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        for each in sorted(_MANIFESTS.glob("*.yaml")):
            cluster.kubectl("apply", "-f", "-", given=each.read_text().replace("NAMESPACE", cluster.name))
        for name in ("postgresql", "kafka"):
            cluster.kubectl("rollout", "status", f"deployment/{name}", "--timeout=300s", seconds=310)
        self._host = f"postgresql.{cluster.name}.svc"
        self.bootstrap = f"kafka.{cluster.name}.svc:9092"
        self.described = "postgres:18 and apache/kafka:4.3.0 in pods"

    def database(self, name: str) -> str:
        """See `Engines.database`."""
        make = f"CREATE DATABASE {name}"
        self._cluster.kubectl("exec", "deployment/postgresql", "--", "psql", "-U", "postgres", "-c", make)
        return f"postgresql://postgres:for-tests@{self._host}:5432/{name}"


@contextlib.contextmanager
def engines(programs: Programs) -> Iterator[Engines]:
    """Give engines until the end of the block. Raises CommandFailed."""
    if os.environ.get("LIENTHONG_TEST_ENGINES", "pods") == "pods":
        with namespace(programs, "engines") as cluster:
            yield InPods(cluster)
        return
    host = os.environ["LIENTHONG_TEST_BESIDE_HOST"]
    process = subprocess.Popen(
        [*programs.in_network, sys.executable, "-m", "tests.kubernetes.beside", host],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,  # Ctrl+C is for the tests, which end it by ending its input
    )
    with process:
        try:
            yield Beside(process)
        finally:
            process.communicate(timeout=60)  # closes its input, even where it has ended already
