from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from eventlog.errors import GapFound
from views.status import FollowerStatus, of_follower


def _follower(**state: Any) -> Any:
    return SimpleNamespace(**{"log": "text", "failed": None, "waits": None, "lag": lambda: {0: 2, 1: 3}} | state)


def test_a_follower_that_stopped_is_told_with_its_reason_and_what_it_left() -> None:
    gap = GapFound("text", 1, 5, 7)
    assert of_follower(_follower(failed=gap)) == FollowerStatus("text", "stopped", str(gap), 5)


def test_the_text_of_an_error_from_elsewhere_is_not_repeated() -> None:
    told = of_follower(_follower(failed=ValueError("Nguyễn Văn A")))
    assert (told.state, told.reason) == ("stopped", "ValueError")
