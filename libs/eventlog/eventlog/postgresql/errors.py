"""What goes wrong with a log in PostgreSQL besides what `eventlog.errors` has; each is one line with the remedy.

LogError
├── StoreMismatch
│   ├── NotMigrated     the database has no schema for the log, or an older one: its owner must bring it up to date
│   └── SchemaNewer     the log's schema is newer than this program: it must not touch it
├── RoleUnfit           the role that the service works under is missing, has lost its rights, or may not be taken
├── MayNotMigrate       who migrates lacks a right
└── ServerTooOld        the server's version is one that nobody has tried
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


class SchemaNewer(StoreMismatch):
    """The schema of log `log` at `place` is at revision `stored`; this program knows none after `wanted`."""

    def __init__(self, place: str, log: str, stored: str, wanted: str) -> None:
        LogError.__init__(
            self,
            f"the database at {place} is newer than this program: log {log} is at revision {stored}, and the program "
            f"at {wanted}; run the newer image, or restore a backup from before the upgrade",
        )
        self.place, self.field, self.stored, self.wanted = place, "revision", stored, wanted


class RoleUnfit(LogError):
    """The role `role` at `place` cannot be worked under, for `reason`; `remedy` mends it."""

    def __init__(self, place: str, role: str, reason: str, remedy: str) -> None:
        super().__init__(f"the role {role} at {place} {reason}; {remedy}")
        self.place, self.role, self.reason, self.remedy = place, role, reason, remedy


class MayNotMigrate(LogError):
    """The user `user` lacks a right that migrating at `place` needs; `told` is what the server said."""

    def __init__(self, place: str, database: str, user: str, told: str) -> None:
        super().__init__(
            f"{user} may not migrate at {place}: {told}; run it as the owner of the database, or as its superuser: "
            f"GRANT CREATE ON DATABASE {database} TO {user}; ALTER ROLE {user} CREATEROLE"
        )
        self.place, self.user, self.told = place, user, told


class ServerTooOld(LogError):
    """The server at `place` is PostgreSQL `found`; at least `wanted` is needed."""

    def __init__(self, place: str, found: int, wanted: int) -> None:
        super().__init__(
            f"the server at {place} is PostgreSQL {found}, and {wanted} is the oldest that will do; upgrade it"
        )
        self.place, self.found, self.wanted = place, found, wanted
