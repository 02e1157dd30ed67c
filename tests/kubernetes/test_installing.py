"""The chart on a real cluster: how long it takes to be ready, and what its pods are."""

from __future__ import annotations

from typing import Any

from tests.kubernetes.installed import Installed
from tests.kubernetes.settings import COMPONENTS, RELEASE

READY_SECONDS = 60.0


def test_it_is_ready_within_a_minute_of_helm_install(platform: Installed, figures: dict[str, Any]) -> None:
    figures["seconds_from_install_to_ready"] = round(platform.seconds, 1)
    assert platform.seconds < READY_SECONDS


def test_each_component_has_two_ready_pods_that_never_restarted(platform: Installed, figures: dict[str, Any]) -> None:
    figures["pods"] = platform.figures()
    for component in COMPONENTS:
        pods = platform.ready(component)
        assert len(pods) == 2
        assert [status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"]] == [0, 0]


def test_the_doctor_of_the_chart_finds_nothing_wrong(platform: Installed) -> None:
    said = platform.cluster.helm("test", RELEASE, "--logs", "--timeout", "90s")
    assert "ok, 0 warn, 0 FAIL" in said


def test_no_pod_can_write_to_its_file_system_or_is_root(platform: Installed) -> None:
    [pod, *_] = platform.ready("identity")
    name = pod["metadata"]["name"]
    assert platform.cluster.kubectl("exec", name, "--", "id", "-u").strip() == "65532"
    tried = platform.cluster.kubectl("exec", name, "--", "sh", "-c", "touch /opt/lienthong/x 2>&1 || true")
    assert "Read-only file system" in tried
