"""Scaling under load: out, in, and back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.kubernetes.cluster import wait_until
from tests.kubernetes.installed import Installed
from tests.kubernetes.loading import Loading
from tests.kubernetes.settings import PARTITIONS

_SPREAD_SECONDS = 40.0


@pytest.mark.parametrize("replicas", [3, 1, 2])
def test_its_partitions_are_divided_among_the_replicas_that_there_are(
    platform: Installed, load: Loading, replicas: int
) -> None:
    platform.upgrade("--wait", "--timeout", "120s", components={"docexchange": {"replicas": replicas}})
    platform.wait_ready("docexchange", replicas)
    wait_until(
        lambda: _are_divided(load.holders("docexchange"), replicas),
        f"each group's partitions are divided among {replicas} replicas",
        _SPREAD_SECONDS,
    )
    load.goes_on()


def _are_divided(holders: Mapping[str, str], replicas: int) -> bool:
    groups: dict[str, list[str]] = {}
    for name, holder in holders.items():
        groups.setdefault(name.rpartition("/")[0], []).append(holder)
    return all(len(each) == PARTITIONS and len(set(each)) == min(replicas, PARTITIONS) for each in groups.values())
