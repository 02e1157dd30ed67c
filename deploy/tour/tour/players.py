"""The players' process: `python -m tour.players`, started by `company`.

It reads one line of JSON, which says where the platform is and what to play, and writes a line for all it has to tell:
`stage` and `advance` as a `Show` has them, at last `outcome`. It knows the platform by addresses and key files only.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import uvloop
from lienthong_sdk import Addresses, ClientTls

from tour.day import Day, Setting
from tour.drawing import draw
from tour.outcome import Outcome
from tour.places import places

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Order:
    """What is to be played, and where."""

    documents: int
    seed: int
    setting: Setting

    def packed(self) -> str:
        """Write it as one line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def unpacked(cls, text: str) -> Order:
        """Read what `packed` wrote."""
        said = json.loads(text)
        where = said["setting"]
        setting = Setting(
            addresses=_addresses(where["addresses"]),
            operator_key=Path(where["operator_key"]),
            keys=Path(where["keys"]),
            folder=Path(where["folder"]),
            today=date.fromisoformat(where["today"]),
        )
        return cls(said["documents"], said["seed"], setting)


def _addresses(said: dict[str, Any]) -> Addresses:
    tls = said.pop("tls")
    files = {name: Path(file) for name, file in (tls or {}).items() if file is not None}
    return Addresses(**said, tls=ClientTls(**files) if files else None)


class Telling:
    """A `Show` that writes lines for another process."""

    def stage(self, title: str, total: int) -> None:
        """See `Show.stage`."""
        tell("stage", title, total)

    def advance(self, done: int, note: str = "") -> None:
        """See `Show.advance`."""
        tell("advance", done, note)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def tell(*parts: Any) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps(parts) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Play what is ordered; return the exit status."""
    order = Order.unpacked(sys.stdin.readline())
    taking_part = places()
    plan = draw(order.documents, order.seed, order.setting.today, taking_part)
    day = Day(plan, taking_part, order.setting, Telling())
    try:
        uvloop.run(day.play())
    except KeyboardInterrupt:
        return 130
    tell("outcome", Outcome.of(day.board).packed())
    return 0


if __name__ == "__main__":
    sys.exit(main())
