"""A rolling upgrade under load."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kubernetes.installed import Installed
from tests.kubernetes.loading import Loading, failures
from tests.kubernetes.programs import CommandFailed
from tests.kubernetes.settings import COMPONENTS, PARTITIONS


def test_every_pod_is_replaced_and_no_call_fails_but_what_the_client_itself_tries_again(
    platform: Installed, load: Loading, figures: dict[str, Any]
) -> None:
    before, old = load.stand(), _names(platform)
    changed = {component: {"podAnnotations": {"lienthong.test/upgrade": "1"}} for component in COMPONENTS}
    platform.upgrade("--wait", "--timeout", "180s", components=changed)
    for component in COMPONENTS:
        platform.wait_ready(component, 2)
    load.goes_on()
    after = load.stand()
    assert not old & _names(platform)
    figures["rolling_upgrade"] = {
        "seconds": round(after["at"] - before["at"], 1),
        "acknowledged": after["acknowledged"] - before["acknowledged"],
        "longest_silence": after["longest_silence"],
        "failures": failures(before, after),
    }
    assert failures(before, after) == {}


def test_an_upgrade_to_another_number_of_partitions_is_refused_before_anything_changes(platform: Installed) -> None:
    more = {"docexchange": {"partitions": 2 * PARTITIONS}}
    with pytest.raises(CommandFailed, match=f"keeps them for ever. Set it back to {PARTITIONS}"):
        platform.upgrade(components=more)


def _names(platform: Installed) -> set[str]:
    return {pod["metadata"]["name"] for component in COMPONENTS for pod in platform.ready(component)}
