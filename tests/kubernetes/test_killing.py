"""A replica killed under load: others serve its partitions within ten seconds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kubernetes.cluster import wait_until
from tests.kubernetes.installed import Installed
from tests.kubernetes.loading import Loading, failures
from tests.kubernetes.programs import run
from tests.kubernetes.settings import COMPONENTS

SERVED_SECONDS = 10.0
_PATIENCE = 40.0
_KILL = """for environ in $(grep -lxz "HOSTNAME=$0" /proc/[0-9]*/environ 2>/dev/null); do
  process=${environ%/environ}
  grep -qa lienthong $process/cmdline && kill -9 ${process#/proc/} && date +%s.%N
done"""


@pytest.mark.parametrize("component", COMPONENTS)
def test_others_serve_the_partitions_of_a_killed_replica_within_ten_seconds(
    platform: Installed, load: Loading, figures: dict[str, Any], component: str
) -> None:
    on_node = platform.cluster.programs.on_node
    if on_node is None:
        pytest.skip("nothing can be killed: LIENTHONG_TEST_ON_NODE names no way to the node")
    before = load.stand()
    victim, dead = _holder_and_its_leases(platform, load, component)
    [killed] = run([*on_node, "sh", "-c", _KILL, victim]).split()
    moved = wait_until(lambda: load.moved(component, float(killed), dead), "other replicas hold its leases", _PATIENCE)
    platform.wait_ready(component, 2)
    load.goes_on()
    after = load.stand()
    figures[f"killed_{component}"] = {
        "seconds_until_served_by_others": round(moved, 1),
        "longest_silence": after["longest_silence"],
        "failures": failures(before, after),
    }
    assert moved <= SERVED_SECONDS


def _holder_and_its_leases(platform: Installed, load: Loading, component: str) -> tuple[str, dict[str, str]]:
    """Return the pod that holds the most leases, and those."""
    pods = [pod["metadata"]["name"] for pod in platform.ready(component)]
    holders = load.holders(component)
    held = {pod: {name: who for name, who in holders.items() if who.startswith(f"{pod}/")} for pod in pods}
    victim = max(held, key=lambda pod: len(held[pod]))
    assert held[victim], holders
    return victim, held[victim]
