"""A start that must fail: one line for the operator, status 2."""

from __future__ import annotations

from tests.fault.running import Running

_SECONDS = 60.0


async def refused(platform: Running, *more: str) -> str:
    """Start it where it cannot; return its only line."""
    platform.err.unlink(missing_ok=True)
    platform.spawn(*more)
    assert await platform.ended(_SECONDS) == 2
    assert not platform.out.read_text()
    [line] = platform.err.read_text().splitlines()
    assert line.startswith("lienthong: ")
    return line
