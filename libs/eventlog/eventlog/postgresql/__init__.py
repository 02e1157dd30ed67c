"""The log on PostgreSQL.

`migrate`             makes a log's schema, or brings it up to date; run by the owner
`open_postgresql`     a service's own log: store, writer, source, relay
`PostgresqlStore`     the store alone
`PostgresqlDatabase`  small transactions: leases, positions
`log_url`             the URL of the log's schema, under the log's restricted role
`views_url`           the URL of the schema for the service's views, which that role owns

A session names its role and its schema in the URL's `options`; a pooler between must let them pass, so it pools
sessions, not transactions.
"""

from eventlog.postgresql.address import log_url, views_url
from eventlog.postgresql.database import PostgresqlDatabase
from eventlog.postgresql.errors import NotMigrated
from eventlog.postgresql.migrating import migrate
from eventlog.postgresql.names import Names
from eventlog.postgresql.own_log import open_postgresql
from eventlog.postgresql.store import PostgresqlStore

__all__ = [
    "Names",
    "NotMigrated",
    "PostgresqlDatabase",
    "PostgresqlStore",
    "log_url",
    "migrate",
    "open_postgresql",
    "views_url",
]
