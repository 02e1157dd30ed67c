"""The drills, small: each must find nothing. `python -m drills all` holds them at length."""

from __future__ import annotations

import asyncio
import json

import pytest
from drills.__main__ import DRILLS, hold
from drills.finding import Found, must
from drills.site import Size
from drills.steps import Steps
from kafka_local import KafkaLocalError
from postgresql_local import PostgresqlLocalError

_SMALL = Size(seconds=1.0, agencies=3, pace=0.05)


@pytest.mark.timeout(600)
def test_every_drill_on_one_platform_finds_nothing() -> None:
    try:
        held = asyncio.run(hold(list(DRILLS), _SMALL))
    except (PostgresqlLocalError, KafkaLocalError) as error:
        pytest.skip(str(error))
    facts = {steps.drill: steps.facts for steps in held}
    assert list(facts) == list(DRILLS)
    assert facts["rolling-upgrade"]["versions of views"] == [2]
    for drill in ("key-rotation", "scale", "rolling-upgrade"):
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
