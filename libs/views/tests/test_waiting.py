from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from decider.refusal import Refusal
from hypothesis import strategies as st
from lienthong.log.v1.record_pb2 import Position
from views.errors import WrongView
from views.view import View

_TEXTS = st.sampled_from(["a", "b", "c", "a+b", "b+c+d", "a-", "b-", "a+b-"])
_STREAMS = st.sampled_from(["s1", "s2", "s3"])


def _position(record: Any) -> Position:
    return Position(log=record.log, partition=record.partition, position=record.position)


def test_wait_ends_when_the_record_is_folded_and_refuses_unknown_places(words: View, say: Any, opened: Any) -> None:
    views = opened(words)

    async def scenario() -> None:
        record = say("s1", "a")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(views.wait([_position(record)]), 0.02)
        views.start()
        await asyncio.wait_for(views.wait([_position(record)]), 5)
        rows = await views.read(lambda connection, tables: connection.execute(sa.select(tables["words"])).all())
        assert len(rows) == 1
        for wrong in (Position(log="other"), Position(log="text", partition=2), Position(log="text", position=-1)):
            with pytest.raises(Refusal, match="POSITION_UNKNOWN"):
                await views.wait([wrong])

    asyncio.run(scenario())


def test_changed_sleeps_until_the_follower_has_moved_on(words: View, say: Any, opened: Any) -> None:
    views = opened(words)
    views.start()

    async def scenario() -> None:
        since = await views.read(lambda _, tables: tables.positions("words"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(views.changed("words", since), 0.02)
        sleeper = asyncio.create_task(views.changed("words", since))
        await asyncio.sleep(0)
        record = say("s1", "a")
        now = await asyncio.wait_for(sleeper, 5)
        assert now[record.partition] == 1
        assert await views.changed("words", since) == now

    asyncio.run(scenario())


def test_wait_is_held_up_by_a_table_that_stands_still_until_its_successor_is_there(
    words: View, say: Any, opened: Any
) -> None:
    record = say("s1", "a")
    first = opened(words)
    first.start()
    assert first.ready(5)
    first.stop()
    second = opened(replace(words, version=2))

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.wait([_position(record)]), 0.02)
        second.start()
        await asyncio.wait_for(second.wait([_position(record)]), 5)

    asyncio.run(scenario())
    assert second.ready(5)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "No Name"},
        {"version": 0},
        {"columns": [sa.Column("word", sa.String)]},
        {"columns": [sa.Column("price", sa.Float, primary_key=True)]},
        {"indexes": [("nothing",)]},
    ],
)
def test_a_view_that_cannot_work_is_refused_when_declared(words: View, change: dict[str, Any]) -> None:
    with pytest.raises(WrongView):
        replace(words, **change)
