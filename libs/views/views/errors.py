"""What goes wrong with views. What callers of a service see is a `decider.refusal.Refusal` instead.

ViewError
├── WrongView           a view is declared in a way that cannot work: the program does not start
├── BadRow              keys or fold gave what the view's columns cannot hold: poisons the stream
├── RowsRefused         the database refused rows of one view; the runtime looks for the record at fault
├── VersionUnknown      another program has put its version of a view in charge: this follower stands by
├── BeingBuilt          the view is being built already
├── Overtaken           another process has put a generation in charge, or dropped it: see what there is now
├── BuildStopped        the runtime is stopping; the build is continued, or begun again, at the next start
├── StreamIncomplete    a stream read for a retry does not begin where it must, or has a hole
└── Poisoned            given to the alarm: a stream's part of a view has stopped
"""

from __future__ import annotations

from eventlog.errors import Superseded


class ViewError(Exception):
    """Any error of views."""


class WrongView(ViewError):
    """A view is declared in a way that cannot work."""

    def __init__(self, view: str, why: str) -> None:
        super().__init__(f"view {view}: {why}")
        self.view = view


class BadRow(ViewError):
    """What `keys` or `fold` gave does not fit the view's columns; names columns, never values."""


class RowsRefused(ViewError):
    """The database refused rows of `view`; the cause is chained."""

    def __init__(self, view: str) -> None:
        super().__init__(f"the database refused rows of view {view}")
        self.view = view


class VersionUnknown(ViewError, Superseded):
    """Version `stored` of `view` is in charge, which this program does not have."""

    def __init__(self, view: str, stored: int) -> None:
        super().__init__(f"version {stored} of view {view} is in charge; this program does not have it")
        self.view, self.stored = view, stored


class BeingBuilt(ViewError):
    """`view` is being built already."""

    def __init__(self, view: str) -> None:
        super().__init__(f"view {view} is being built already")
        self.view = view


class Overtaken(ViewError):
    """Another process has put generation `number` of `view` in charge, or dropped it."""

    def __init__(self, view: str, number: int) -> None:
        super().__init__(f"generation {number} of view {view} was taken over by another process")
        self.view, self.number = view, number


class BuildStopped(ViewError):
    """The runtime is stopping, so `view` was not finished."""

    def __init__(self, view: str) -> None:
        super().__init__(f"the build of view {view} was stopped")
        self.view = view


class StreamIncomplete(ViewError):
    """Stream `stream` was read, but its version `wanted` is missing."""

    def __init__(self, stream: str, wanted: int) -> None:
        super().__init__(f"stream {stream} was read without its version {wanted}")
        self.stream, self.wanted = stream, wanted


class Poisoned(ViewError):
    """`stream` of `log` cannot be folded into `view` from `version` on; `reason` holds no content."""

    def __init__(self, view: str, log: str, stream: str, version: int, reason: str) -> None:
        super().__init__(f"view {view} stopped for stream {stream} of {log} at version {version}: {reason}")
        self.view, self.log, self.stream, self.version, self.reason = view, log, stream, version, reason
