"""Leases: which process is the one that does something, by rows in the store's database.

Invariant: an epoch is given out once, and grows; whoever writes under a lease checks its epoch in the same
transaction (`eventlog.relay`), so a holder that slept through the end of its lease writes nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventlog.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventlog.sqlite import SqliteFile

_TAKE = """INSERT INTO log_leases (name, holder, epoch, expires_micros) VALUES (:name, :holder, 1, :expires)
    ON CONFLICT (name) DO UPDATE SET holder = :holder, expires_micros = :expires, epoch = epoch + 1
    WHERE log_leases.expires_micros < :now OR log_leases.holder = :holder RETURNING epoch"""
_RENEW = """UPDATE log_leases SET expires_micros = :expires
    WHERE name = :name AND holder = :holder AND epoch = :epoch"""
_DROP = "UPDATE log_leases SET expires_micros = 0 WHERE name = :name AND holder = :holder AND epoch = :epoch"


@dataclass(frozen=True)
class Lease:
    """A lease that is held."""

    name: str
    holder: str
    epoch: int


class Leases:
    """The leases in one store's file."""

    def __init__(
        self, file: SqliteFile, seconds: float = 10.0, now: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self._file = file
        self.seconds = seconds
        self._micros = int(seconds * 1_000_000)
        self._now = now

    def take(self, name: str, holder: str) -> Lease | None:
        """Take a lease that is free, over, or this holder's own; None while another holds it."""
        now = self._now()
        values = {"name": name, "holder": holder, "now": now, "expires": now + self._micros}
        with self._file.write() as connection:
            rows = connection.execute(_TAKE, values).fetchall()
        return Lease(name, holder, rows[0][0]) if rows else None

    def renew(self, lease: Lease) -> None:
        """Hold it longer; LeaseLost when another has it."""
        self._change(_RENEW, lease, self._now() + self._micros)

    def drop(self, lease: Lease) -> None:
        """Let it go; nothing happens when another has it already."""
        try:
            self._change(_DROP, lease, 0)
        except LeaseLost:
            return

    def _change(self, statement: str, lease: Lease, expires: int) -> None:
        values = {"name": lease.name, "holder": lease.holder, "epoch": lease.epoch, "expires": expires}
        with self._file.write() as connection:
            if connection.execute(statement, values).rowcount != 1:
                raise LeaseLost(lease.name)
