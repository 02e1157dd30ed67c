"""What a load and its watch need of a platform, whatever it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from lienthong_sdk import Addresses

from drills.mirror import Mirror


class Platform(Protocol):
    """What a load and its watch need of a platform."""

    addresses: Addresses

    @property
    def operator_key(self) -> Path:
        """The operator's key file, there once the platform has been ready."""
        ...

    async def start(self) -> None:
        """Start it and wait until it serves."""
        ...

    def kill(self) -> None:
        """End all of it at once; nothing happens where nothing runs."""
        ...

    def complaints(self) -> Sequence[str]:
        """Return the lines in which it told of faults."""
        ...

    async def audit(self, mirrors: Mapping[str, Mirror]) -> None:
        """Hold everything against the logs; AssertionError with what is wrong."""
        ...
