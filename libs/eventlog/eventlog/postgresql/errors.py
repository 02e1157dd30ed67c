"""What goes wrong with a log in PostgreSQL besides what `eventlog.errors` has.

StoreMismatch
└── NotMigrated     the database has no schema for the log, or an older one: its owner must bring it up to date
"""

from __future__ import annotations

from eventlog.errors import LogError, StoreMismatch


class NotMigrated(StoreMismatch):
    """The schema of log `log` at `place` is at revision `stored` (None: there is none), not at `wanted`."""

    def __init__(self, place: str, log: str, stored: str | None, wanted: str) -> None:
        found = f"is at revision {stored}, not at {wanted}" if stored else "is missing"
        LogError.__init__(
            self, f"the schema of log {log} at {place} {found}; run `python -m {log}_service migrate` as its owner"
        )
        self.place, self.field, self.stored, self.wanted = place, "revision", stored, wanted
