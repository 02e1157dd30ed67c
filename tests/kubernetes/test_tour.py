"""The tour, played from inside the cluster on a fresh installation."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.kubernetes.installed import Installed

DOCUMENTS = int(os.environ.get("LIENTHONG_TEST_DOCUMENTS", "200"))
SECONDS = 180 + 0.6 * DOCUMENTS


@pytest.mark.timeout(SECONDS + 60)
def test_it_passes_and_its_answer_is_that_of_the_embedded_one_and_the_engines(
    platform: Installed, figures: dict[str, Any]
) -> None:
    wanted = platform.wanted
    where = ["--identity", wanted.address("identity"), "--docexchange", wanted.address("docexchange")]
    command = ["lienthong", "tour", *where, "--operator-key", "/tmp/operator.key"]  # noqa: S108 - of the pod
    pod = platform.inside.start(*command, "--json", "--documents", str(DOCUMENTS))
    platform.inside.ended(pod, SECONDS)
    [answer] = platform.inside.told(pod)
    figures["tour"] = answer
    assert answer["ok"], answer
    assert set(answer["audit"].values()) == {0}
    assert answer.keys() - {"engines"} == KEYS
    assert set(answer["engines"]) == {"platform", "database", "broker"}


KEYS = {
    "ok",
    "agencies",
    "documents",
    "deliveries",
    "statuses",
    "recalled",
    "updated",
    "replaced",
    "replied",
    "forwarded_to_successor",
    "malformed_sent",
    "malformed_refused",
    "records",
    "audit",
    "latency_ms",
    "seconds",
}
