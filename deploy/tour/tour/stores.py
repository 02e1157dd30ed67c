"""What there is to audit where the stores themselves can be reached: logs and views in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docexchange_service.views import VIEWS as DOCEXCHANGE_VIEWS
from eventlog.feed import PositionSource
from eventlog.postgresql import PostgresqlStore, views_url
from eventlog.progress import Progress
from identity_service.app import VIEWS as IDENTITY_VIEWS
from views.runtime import Followed, Views

from tour.audit import Audited
from tour.own_views import OwnViews

if TYPE_CHECKING:
    import contextlib

    from eventlog.topic import Topic

_VIEWS: Final = {"identity": IDENTITY_VIEWS, "docexchange": DOCEXCHANGE_VIEWS}


def open_stores(url: str, log: str, partitions: int, topic: Topic | None, opened: contextlib.ExitStack) -> Audited:
    """Open a log and its views in PostgreSQL, beside whatever runs on them; `opened` closes them."""
    store = PostgresqlStore(url, log, partitions)
    opened.callback(store.close)
    source = PositionSource(log, partitions, store, Progress(store.heads()))
    views = Views(views_url(url, log), _VIEWS[log], [Followed(source, store.heads)])
    opened.callback(views.stop)
    return Audited(store, OwnViews(views), topic)
