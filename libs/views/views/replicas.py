"""What keeps the processes apart that run the same views on one PostgreSQL database. On SQLite there is only one.

Invariants:

1. A view is built by one process at a time (`build`). Should the server forget it, the connection being lost, two
   builders move one follower's positions, and the slower one gets PositionMoved.
2. The catalogue is changed by one transaction at a time (`alone`, CATALOGUE).
3. The generations under one follower are folded by one transaction at a time, whatever the partition: two partitions
   may have records for one row, and both would write what they made of the row as it was before (`fold`, `alone`).

In this order they are taken, and all before any row. They end with their transaction or connection, so also with the
process that has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

CATALOGUE = "catalogue"
_KEY = "hashtextextended(current_schema() || '.views/' || :what, 0)"
_ALONE = sa.text(f"SELECT pg_advisory_xact_lock({_KEY})")
_FOLD = sa.text(f"SELECT pg_advisory_xact_lock({_KEY}), pg_notify('views_' || md5(current_schema()), '')")
_BUILD = sa.text(f"SELECT pg_try_advisory_lock({_KEY})")
_IS_FREE = sa.text(f"SELECT pg_try_advisory_xact_lock({_KEY})")


def alone(connection: Connection, what: str) -> None:
    """Wait until no other transaction is alone with the same; from here to its end this one is."""
    if _has_replicas(connection):
        connection.execute(_ALONE, {"what": what})


def of_follower(follower: str, log: str) -> str:
    """Name what folds under a follower's name."""
    return f"follower/{follower}/{log}"


def fold(connection: Connection, follower: str, log: str) -> None:
    """Be alone with a follower, and tell all who listen (`views.noticing`) when this is committed."""
    if _has_replicas(connection):
        connection.execute(_FOLD, {"what": of_follower(follower, log)})


def build(connection: Connection, view: str) -> bool:
    """Be the only one who builds a view, until this connection is closed; False where another one is."""
    return not _has_replicas(connection) or bool(connection.scalar(_BUILD, {"what": _building(view)}))


def is_being_built(connection: Connection, view: str) -> bool:
    """Tell whether another process builds a view; where none does, none begins before the transaction's end."""
    return _has_replicas(connection) and not connection.scalar(_IS_FREE, {"what": _building(view)})


def _building(view: str) -> str:
    return f"build/{view}"


def _has_replicas(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
