"""The decider: an entity's whole behaviour, as pure functions.

    initial                      the state before any event
    decide_*(command, state)     -> events; none means that nothing happened; Refusal when it may not be
    evolve(state, event)         -> state

Time, ids and everything known of other entities are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

S = TypeVar("S")


@dataclass(frozen=True)
class Decider(Generic[S]):
    """An entity's state: how it begins and how each event changes it."""

    initial: S
    evolve: Callable[[S, Message], S]

    def fold(self, events: Iterable[Message], start: S | None = None) -> S:
        """Return the state after events."""
        state = self.initial if start is None else start
        for event in events:
            state = self.evolve(state, event)
        return state
