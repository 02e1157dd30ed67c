"""What a drill does, step by step, each with the time that it took; and its result as one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Steps:
    """The steps of one drill. `facts` are what it found out, for the line of JSON."""

    drill: str
    seconds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step, and say it when it is done; one that fails is said too."""
        began = time.monotonic()
        done = "FAILED"
        try:
            yield
            done = ""
        finally:
            self.seconds[name] = round(time.monotonic() - began, 2)
            say(f"  {self.seconds[name]:7.2f} s  {name} {done}")

    def found(self, name: str, fact: object) -> None:
        """Keep a fact, and say it."""
        self.facts[name] = fact
        say(f"             {name}: {fact}")

    def line(self) -> str:
        """Return everything as one line of JSON."""
        return json.dumps({"drill": self.drill, "seconds": self.seconds, **self.facts}, ensure_ascii=False)


def say(line: str) -> None:
    """Tell whoever watches."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
