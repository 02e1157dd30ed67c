"""An installation of the chart: installed, upgraded, looked at, taken out."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.kubernetes.cluster import Cluster, condition, is_ready, labelled, namespace, wait_until
from tests.kubernetes.given_engines import Engines
from tests.kubernetes.looking import tell
from tests.kubernetes.pods import Inside, as_root
from tests.kubernetes.programs import ROOT, Programs
from tests.kubernetes.settings import BLOBS, COMPONENTS, RELEASE, Wanted

_CHART: Final = ROOT / "charts" / "lienthong"


class Installed:
    """A release in a namespace of its own."""

    def __init__(self, cluster: Cluster, wanted: Wanted) -> None:
        self.cluster, self.wanted = cluster, wanted
        self.seconds = 0.0
        cluster.apply(*wanted.secrets())
        as_root(cluster, f"mkdir -p {_folder(cluster)} && chown -R 65532:65532 {_folder(cluster)}")
        self.inside = Inside(cluster, wanted.client_environment())

    def install(self, *options: str, **more: Any) -> None:
        """Install, and wait as long as helm does; `more` values go over the usual ones."""
        begun = time.monotonic()
        self._helm("install", self.wanted.values(**more), *options)
        self.seconds = time.monotonic() - begun

    def upgrade(self, *options: str, **more: Any) -> None:
        """Upgrade, and wait as long as helm does; `more` values go over those of the release."""
        self._helm("upgrade", more, "--reuse-values", *options)

    def uninstall(self) -> None:
        """Take it out."""
        self.cluster.helm("uninstall", RELEASE, "--ignore-not-found", "--wait", "--timeout", "120s")

    def pods(self, component: str) -> list[Any]:
        """Return the pods of a component, those on their way out too."""
        return self.cluster.items("pods", labelled(component))

    def ready(self, component: str) -> list[Any]:
        """Return the pods of a component that serve."""
        return [pod for pod in self.pods(component) if is_ready(pod)]

    def wait_ready(self, component: str, count: int, seconds: float = 120) -> None:
        """Wait until a component has exactly so many pods, all of them ready."""

        def holds() -> bool:
            return len(self.pods(component)) == len(self.ready(component)) == count

        wait_until(holds, f"{component} has {count} ready pods", seconds)

    def figures(self) -> list[Mapping[str, Any]]:
        """Return for each pod how long it took to be ready, and what memory it has."""
        return [self._figures(pod) for name in COMPONENTS for pod in self.ready(name)]

    def _figures(self, pod: Any) -> Mapping[str, Any]:
        [container] = pod["status"]["containerStatuses"]
        name = pod["metadata"]["name"]
        began, started = pod["metadata"]["creationTimestamp"], container["state"]["running"]["startedAt"]
        ready = condition(pod, "Ready") or began
        status = self.cluster.kubectl("exec", name, "--", "cat", "/proc/1/status")
        resident = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return {
            "pod": pod["metadata"]["labels"]["app.kubernetes.io/component"],
            "seconds_from_creation_to_ready": _between(began, ready),
            "seconds_from_start_to_ready": _between(started, ready),
            "resident_mib": round(int(resident) / 1024, 1),
        }

    def _helm(self, what: str, values: Mapping[str, Any], *options: str) -> None:
        self.cluster.helm(what, RELEASE, str(_CHART), "-f", "-", *options, given=json.dumps(values))


@contextlib.contextmanager
def installation(programs: Programs, engines: Engines, folder: Path, purpose: str) -> Iterator[Installed]:
    """Give what is ready to be installed; all of it is gone at the end. What went wrong is told before."""
    with namespace(programs, purpose) as cluster:
        installed = Installed(cluster, Wanted(programs, cluster.name, engines, folder))
        try:
            yield installed
        except BaseException:
            tell(cluster)
            raise
        finally:
            installed.uninstall()
            as_root(cluster, f"rm -rf {_folder(cluster)}; rmdir --ignore-fail-on-non-empty /node/{Path(BLOBS).name}")


def _folder(cluster: Cluster) -> str:
    return f"/node/{Path(BLOBS).name}/{cluster.name}"


def _between(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
