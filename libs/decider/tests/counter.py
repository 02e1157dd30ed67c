"""A tiny entity to execute commands on: a counter that has a name and may not go below zero."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

from decider.decider import Decider
from decider.executor import Intent
from decider.refusal import Kind, Refusal
from eventlog.store import Request
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from lienthong.log.v1 import record_pb2


@dataclass(frozen=True)
class Counter:
    """Its name, once it has one, and its value."""

    name: str = ""
    value: int = 0


Decide = Callable[[Counter], Sequence[Message]]


def evolve(state: Counter, event: Message) -> Counter:
    """Return the counter after an event."""
    if isinstance(event, StringValue):
        return replace(state, name=event.value)
    assert isinstance(event, Int64Value)
    return replace(state, value=state.value + event.value)


COUNTER = Decider(Counter(), evolve)


def opened(name: str) -> StringValue:
    return StringValue(value=name)


def added(amount: int) -> Int64Value:
    return Int64Value(value=amount)


def open_as(name: str) -> Decide:
    """Give it a name; it must have none."""

    def decide(state: Counter) -> Sequence[Message]:
        if state.name:
            raise refused("COUNTER_EXISTS")
        return [opened(name)]

    return decide


def add(*amounts: int) -> Decide:
    """Add amounts, one event each."""
    return lambda _: [added(amount) for amount in amounts]


def take(amount: int) -> Decide:
    """Take an amount; it must be there."""

    def decide(state: Counter) -> Sequence[Message]:
        if state.value < amount:
            raise refused("NOT_ENOUGH")
        return [added(-amount)]

    return decide


def bring_to(value: int) -> Decide:
    """Make it a value; when it has it, nothing happens."""
    return lambda state: [] if state.value == value else [added(value - state.value)]


def refused(reason: str) -> Refusal:
    return Refusal(Kind.NOT_NOW, reason, en="No.", vi="Không.")


def intent(name: str = "", content: str = "") -> Intent:
    """Make an intent; with a name it is a request that may be repeated."""
    request = (
        Request(str(uuid5(NAMESPACE_OID, name)), hashlib.sha256(f"{name}/{content}".encode()).digest())
        if name
        else None
    )
    return Intent(record_pb2.Origin(method="/counter"), record_pb2.Cause(correlation_id="c"), request)
