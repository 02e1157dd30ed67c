"""The port of small transactions: what leases and positions need of a database, whichever it is.

Statements are SQL that SQLite and PostgreSQL both take, with parameters as `:name`; tables go by their short names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

# Runs a statement with its parameters, in a transaction; returns its rows: use RETURNING to see what it did.
Run = Callable[[str, Mapping[str, object]], Sequence[tuple[Any, ...]]]


class Database(Protocol):
    """A database or a part of it. All methods raise StoreUnavailable; they may be called from any thread."""

    clock: str  # SQL for the time, in microseconds since 1970: the same for all who share the database

    def transaction(self) -> AbstractContextManager[Run]:
        """Begin a transaction: committed, and durable, when the block ends, undone on any error.

        Where the connection broke during the commit, it is unknown whether it was made.
        """

    def read(self, statement: str, values: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one query, which sees one moment of the database."""
