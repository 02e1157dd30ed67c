"""given / when / then: how a decider's behaviour is written down in tests.

given(DOCUMENT, sent, arrived).when(lambda state: decide_status(state, ...)).then(accepted)
given(DOCUMENT).when(...).then_refused("STATUS_NOT_ALLOWED")
given(DOCUMENT, sent).when(...).then_nothing()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from decider.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.message import Message

    from decider.decider import Decider

S = TypeVar("S")


@dataclass(frozen=True)
class Given(Generic[S]):
    """What has happened before."""

    state: S

    def when(self, decide: Callable[[S], Sequence[Message]]) -> Outcome:
        """Decide a command on it."""
        try:
            return Outcome(tuple(decide(self.state)), None)
        except Refusal as refusal:
            return Outcome((), refusal)


@dataclass(frozen=True)
class Outcome:
    """What was decided."""

    events: Sequence[Message]
    refusal: Refusal | None

    def then(self, *expected: Message) -> None:
        """Exactly these events happened."""
        if self.refusal is not None:
            raise AssertionError(f"refused: {self.refusal}") from self.refusal
        if list(self.events) != list(expected):
            raise AssertionError(f"expected {expected}, but these happened: {self.events}")

    def then_nothing(self) -> None:
        """Nothing happened, and nothing had to."""
        self.then()

    def then_refused(self, reason: str) -> Refusal:
        """Expect a refusal for this reason; return it for a closer look."""
        if self.refusal is None:
            raise AssertionError(f"expected {reason}, but these happened: {self.events}")
        if self.refusal.reason != reason:
            raise AssertionError(f"expected {reason}, but was refused with {self.refusal.reason}")
        return self.refusal


def given(decider: Decider[S], *events: Message) -> Given[S]:
    """Begin a specification with the events of the past."""
    return Given(decider.fold(events))
