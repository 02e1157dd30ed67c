"""What stops a directory.

LogError (eventlog)
└── StreamIncomplete    an agency or system changed that never came into being: the log is not whole
"""

from __future__ import annotations

from eventlog.errors import LogError


class StreamIncomplete(LogError):
    """Stream `stream` does not begin with the event that begins an agency or system."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"stream {stream} of identity's log does not begin at its beginning")
        self.stream = stream
