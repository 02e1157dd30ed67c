"""After all drills: what was acknowledged stands once where it was told, and the logs are whole."""

from __future__ import annotations

import json
from typing import Any

from tests.kubernetes.installed import Installed
from tests.kubernetes.loading import Loading
from tests.kubernetes.settings import COMPONENTS


def test_nothing_that_was_acknowledged_is_lost_and_the_audit_is_clean(
    platform: Installed, load: Loading, figures: dict[str, Any]
) -> None:
    came_to = load.end()
    said = platform.inside.run("python", "-m", "inside.audit", seconds=180)
    [audit] = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    figures["after_the_drills"] = {**came_to, "audit": audit}
    assert {count for name, count in audit.items() if name != "records"} == {0}


def test_no_service_told_of_a_fault_of_its_own(platform: Installed) -> None:
    for component in COMPONENTS:
        for pod in platform.ready(component):
            log = platform.cluster.kubectl("logs", pod["metadata"]["name"])
            assert not [line for line in log.splitlines() if '"ERROR"' in line or line.startswith("Traceback")]
