"""Starts the players in a process of their own, as agencies' systems are, and passes on what they tell."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from typing import TYPE_CHECKING, Final

from tour.outcome import Outcome

if TYPE_CHECKING:
    from tour.players import Order
    from tour.show import Show

_LINE_BYTES: Final = 1024 * 1024


async def play(order: Order, show: Show) -> Outcome:
    """Have an order played; players who end without an outcome are a failure of the day."""
    players = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tour.players", stdin=PIPE, stdout=PIPE, limit=_LINE_BYTES
    )
    try:
        return await _listen(players, order, show)
    finally:
        if players.returncode is None:
            players.kill()
            await players.wait()


async def _listen(players: Process, order: Order, show: Show) -> Outcome:
    if players.stdin is None or players.stdout is None:
        raise RuntimeError("the players were started without pipes")
    players.stdin.write(f"{order.packed()}\n".encode())
    await players.stdin.drain()
    outcome: Outcome | None = None
    async for line in players.stdout:
        match json.loads(line):
            case ["stage", str(title), int(total)]:
                show.stage(title, total)
            case ["advance", int(done), str(note)]:
                show.advance(done, note)
            case ["outcome", str(packed)]:
                outcome = Outcome.unpacked(packed)
    status = await players.wait()
    return outcome or Outcome(failures=[f"the players ended with status {status} before the day was over"])
