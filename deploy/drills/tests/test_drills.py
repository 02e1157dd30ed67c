"""The drills, small: each must find nothing. `make drills` holds them at length.

All five take six minutes on two cores: by default two of them are held, with LIENTHONG_TEST_DRILLS=all the others too.
"""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from drills.__main__ import DRILLS, hold
from drills.finding import Found, must
from drills.site import Size
from drills.steps import Steps
from kafka_local import KafkaLocalError
from postgresql_local import PostgresqlLocalError

_HELD = list(DRILLS) if os.environ.get("LIENTHONG_TEST_DRILLS") == "all" else ["key-rotation", "restore"]
_SMALL = Size(seconds=1.0, agencies=3, pace=0.05)


@pytest.mark.timeout(600)
def test_the_drills_on_one_platform_find_nothing() -> None:
    try:
        held = asyncio.run(hold(_HELD, _SMALL))
    except (PostgresqlLocalError, KafkaLocalError) as error:
        pytest.skip(str(error))
    facts = {steps.drill: steps.facts for steps in held}
    assert list(facts) == _HELD
    if "rolling-upgrade" in facts:
        assert facts["rolling-upgrade"]["versions of views"] == [2]
    for drill in facts.keys() & {"key-rotation", "scale", "rolling-upgrade"}:
        assert facts[drill]["calls that failed"] == 0
    lacked = facts["restore"]["records that the log lacks and the topics have"]
    assert isinstance(lacked, int)
    assert lacked > 0
    for steps in held:
        assert json.loads(steps.line())["seconds"]


def test_a_step_that_fails_is_said_with_its_time_and_the_finding_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Steps("a drill")
    with pytest.raises(Found, match="it leaks"), steps.step("looking"):
        must([], "it leaks")
    assert "looking FAILED" in capsys.readouterr().err
    assert list(steps.seconds) == ["looking"]
