"""A drain of the node under load: the disruption budget is respected."""

from __future__ import annotations

import pytest

from tests.kubernetes.installed import Installed
from tests.kubernetes.loading import Loading
from tests.kubernetes.programs import CommandFailed
from tests.kubernetes.settings import COMPONENTS, RELEASE

_OURS = f"app.kubernetes.io/name=lienthong,app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component!=migrate"


def test_one_pod_of_each_component_goes_and_the_other_stays_until_there_is_room(
    platform: Installed, load: Loading
) -> None:
    [node] = {pod["spec"]["nodeName"] for component in COMPONENTS for pod in platform.ready(component)}
    drain = ["drain", node, f"--pod-selector={_OURS}", "--delete-emptydir-data", "--ignore-daemonsets"]
    try:
        with pytest.raises(CommandFailed, match="violate the pod's disruption budget"):
            platform.cluster.kubectl(*drain, "--timeout=45s")
        for component in COMPONENTS:
            assert len(platform.ready(component)) == 1
        load.goes_on()
    finally:
        platform.cluster.kubectl("uncordon", node)
    for component in COMPONENTS:
        platform.wait_ready(component, 2)
    load.goes_on()
