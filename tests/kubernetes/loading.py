"""The load on the platform, in a pod: what it has come to, and who held which lease when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.kubernetes.cluster import wait_until
from tests.kubernetes.installed import Installed

_SEED = "7"
_FIRST_SECONDS = 60.0
_WHOLE_SECONDS = 240.0


class Loading:
    """A load that runs; see `inside.load` for what it tells."""

    def __init__(self, platform: Installed) -> None:
        self._inside = platform.inside
        self._pod = self._inside.start("python", "-m", "inside.load", _SEED)
        wait_until(lambda: self.stand()["acknowledged"], "the load is under way", _FIRST_SECONDS)

    def stand(self) -> Mapping[str, Any]:
        """Return what was done so far. AssertionError when the load has ended by itself."""
        if self._inside.phase(self._pod) != "Running":
            self._inside.ended(self._pod, 1)
            raise AssertionError("the load has ended by itself")
        told = [line for line in self._inside.told(self._pod) if "acknowledged" in line]
        return told[-1] if told else {"acknowledged": 0, "failures": {}}

    def goes_on(self) -> None:
        """Wait until more was acknowledged than now."""
        before = self.stand()["acknowledged"]
        wait_until(lambda: self.stand()["acknowledged"] > before, "the load goes on", 30)

    def holders(self, log: str) -> dict[str, str]:
        """Return who holds each partition now for whom, as POD/PROCESS by GROUP/PARTITION."""
        return _partitions(self._changes(log)[-1])

    def moved(self, log: str, since: float, dead: Mapping[str, str]) -> float | None:
        """Return the seconds until others held all leases of those that died at `since`; None: not yet."""
        for change in self._changes(log):
            now = _partitions(change)
            if change["at"] > since and all(now.get(name, holder) != holder for name, holder in dead.items()):
                return float(change["at"] - since)
        return None

    def end(self) -> Mapping[str, Any]:
        """Let it come to rest and check everything; return what it came to. AssertionError when something is wrong."""
        last: Mapping[str, Any] = self._inside.end(self._pod, _WHOLE_SECONDS)[-1]
        assert last.get("whole"), last
        return last

    def _changes(self, log: str) -> list[Any]:
        return [line for line in self._inside.told(self._pod) if line.get("log") == log]


def _partitions(change: Mapping[str, Any]) -> dict[str, str]:
    return {name: holder for name, holder in change["leases"].items() if "/member/" not in name}


def failures(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, int]:
    """Return what tries ended with, between two stands, that the client's own retries did not absorb."""
    counted = {name: count - before["failures"].get(name, 0) for name, count in after["failures"].items()}
    return {name: count for name, count in counted.items() if count}
