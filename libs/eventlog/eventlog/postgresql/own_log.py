"""A service's own log in PostgreSQL, put together; see `eventlog.own_log`."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING

from eventlog.behind import must_have_what_was_published
from eventlog.feed import PositionSource
from eventlog.lease import Leases
from eventlog.own_log import OwnLog
from eventlog.postgresql.address import log_url
from eventlog.postgresql.database import PostgresqlDatabase
from eventlog.postgresql.news import News
from eventlog.postgresql.store import PostgresqlStore
from eventlog.relay import Relay, RelayPositions
from eventlog.sharing import Sharing
from eventlog.writer import Writer

if TYPE_CHECKING:
    from eventlog.topic import Topic


def open_postgresql(url: str, log: str, partitions: int, topic: Topic) -> OwnLog:
    """Open a log in a PostgreSQL database, beside any number of other processes.

    Its schema must be there and fit (`eventlog.postgresql.errors`), and it must have all that its topic has:
    BehindTopic where it was restored to an earlier point. StoreUnavailable while the database or the topic is away.
    The processes divide the followers' and the relay's work by partition.
    """
    store = PostgresqlStore(url, log, partitions)
    try:
        must_have_what_was_published(store, topic)
    except BaseException:
        store.close()
        raise
    database = PostgresqlDatabase(log_url(url, log))
    leases = Leases(database)
    writer = Writer(store)
    holder = f"{socket.gethostname()}/{uuid.uuid4()}"
    news = News(url, log, writer.committed, store.heads)
    source = PositionSource(log, partitions, store, writer.committed, sharing=Sharing(leases, holder))
    relay = Relay(store, topic, RelayPositions(database), leases, writer.committed, holder=holder)
    return OwnLog(store, writer, source, relay, (news.close, database.close))
