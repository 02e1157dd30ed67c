"""The audit of a view: does it answer what the log says."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from eventlog import positions

from views import catalogue, generations
from views.catchup import CatchUp
from views.compare import Comparison, compare
from views.database import Database
from views.effect import ViewsEffect
from views.reading import not_ready
from views.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sqlalchemy as sa
    from eventlog.topic import Source
    from sqlalchemy.engine import Connection

    from views.view import View

_NAME = "audit"


def compare_with_fresh_fold(database: Database, standing: Standing, view: View, source: Source) -> Comparison:
    """Fold a view from position 0 in a temporary file, up to where the live one stands, and compare row by row.

    The live one is read in one snapshot from beginning to end; folding and queries go on, but SQLite's WAL grows
    meanwhile. Refusal VIEW_NOT_READY when no table of this version answers.
    """
    with TemporaryDirectory(prefix="views-audit-") as folder, database.read() as connection:
        live = standing.look(connection).live(view.name)
        if live is None or not generations.fits(view, live):
            raise not_ready(view.name)
        wanted = positions.read(connection, live.follower, live.log)
        with _fresh(view, source, wanted, Path(folder) / "fresh.db") as (other, table):
            return compare(wanted, (connection, standing.table(live)), (other, table))


@contextmanager
def _fresh(view: View, source: Source, wanted: Mapping[int, int], file: Path) -> Iterator[tuple[Connection, sa.Table]]:
    database = Database(f"sqlite:///{file}")
    try:
        with database.write() as connection:
            catalogue.create(connection)
            generation = generations.begin(connection, view, source.partitions, 0, _NAME)
        standing = Standing({view.name: view}, database.dialect)
        effect = ViewsEffect(_NAME, view.log, database, standing, lambda _name, _error: None, lambda: 0)
        catch_up = CatchUp(_NAME, source, effect, database.batch)
        try:
            catch_up.to(wanted, lambda: False)
        finally:
            catch_up.close()
        with database.read() as connection:
            yield connection, standing.table(generation)
    finally:
        database.close()
