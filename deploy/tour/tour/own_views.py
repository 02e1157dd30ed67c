"""Views to be audited in their own database."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection
    from views.reading import Tables
    from views.runtime import Views


class OwnViews:
    """`Folded`, by looking into the views' database."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def positions(self) -> Sequence[Mapping[int, int]]:
        """See `Folded.positions`."""
        return [self._views.read_here(partial(_positions, name)) for name in self._views.names]

    def differences(self) -> int:
        """See `Folded.differences`."""
        found = len(self._views.poisoned())
        for name in self._views.names:
            comparison = self._views.compare_with_fresh_fold(name)
            found += 0 if comparison.same else max(1, len(comparison.differences))
        return found


def _positions(view: str, _connection: Connection, tables: Tables) -> Mapping[int, int]:
    return tables.positions(view)
