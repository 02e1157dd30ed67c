"""Leases: which process is the one that does something, by rows in a database that the processes share.

Invariant: an epoch is given out once, and grows; whoever writes under a lease checks its epoch in the same
transaction (`eventlog.relay`), so a holder that slept through the end of its lease writes nothing.

The database's clock decides when a lease is over: the processes may run on machines whose clocks differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventlog.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eventlog.transactions import Database

_TAKE = """INSERT INTO log_leases (name, holder, epoch, expires_micros) VALUES (:name, :holder, 1, {now} + :lasts)
    ON CONFLICT (name) DO UPDATE SET holder = :holder, expires_micros = {now} + :lasts, epoch = log_leases.epoch + 1
    WHERE log_leases.expires_micros < {now} OR log_leases.holder = :holder RETURNING epoch"""
_RENEW = """UPDATE log_leases SET expires_micros = {now} + :lasts
    WHERE name = :name AND holder = :holder AND epoch = :epoch RETURNING epoch"""
_DROP = """UPDATE log_leases SET expires_micros = 0
    WHERE name = :name AND holder = :holder AND epoch = :epoch RETURNING epoch"""
_HOLDERS = """SELECT name, holder FROM log_leases
    WHERE substr(name, 1, length(:prefix)) = :prefix AND expires_micros >= {now}"""


@dataclass(frozen=True)
class Lease:
    """A lease that is held."""

    name: str
    holder: str
    epoch: int


class Leases:
    """The leases in the table `log_leases` of a database. All methods raise StoreUnavailable.

    `now` stands in for the database's clock, in microseconds since 1970.
    """

    def __init__(self, database: Database, seconds: float = 5.0, now: Callable[[], int] | None = None) -> None:
        self._database = database
        self.seconds = seconds
        self._lasts = int(seconds * 1_000_000)
        self._now = now
        clock = database.clock if now is None else "CAST(:now AS bigint)"
        self._take, self._renew, self._drop, self._holders = (
            statement.replace("{now}", clock) for statement in (_TAKE, _RENEW, _DROP, _HOLDERS)
        )

    def take(self, name: str, holder: str) -> Lease | None:
        """Take a lease that is free, over, or this holder's own; None while another holds it."""
        values = {"name": name, "holder": holder, "lasts": self._lasts} | self._time()
        with self._database.transaction() as run:
            rows = run(self._take, values)
        return Lease(name, holder, rows[0][0]) if rows else None

    def renew(self, lease: Lease) -> None:
        """Hold it longer; LeaseLost when another has it."""
        if not self._change(self._renew, lease, {"lasts": self._lasts} | self._time()):
            raise LeaseLost(lease.name)

    def drop(self, lease: Lease) -> None:
        """Let it go; nothing happens when another has it already."""
        self._change(self._drop, lease, {})

    def holders(self, prefix: str) -> Mapping[str, str]:
        """Return the holder of each lease that is held now and whose name begins so."""
        return dict(self._database.read(self._holders, {"prefix": prefix} | self._time()))

    def _time(self) -> dict[str, object]:
        return {} if self._now is None else {"now": self._now()}

    def _change(self, statement: str, lease: Lease, more: Mapping[str, object]) -> bool:
        values = {"name": lease.name, "holder": lease.holder, "epoch": lease.epoch, **more}
        with self._database.transaction() as run:
            return bool(run(statement, values))
