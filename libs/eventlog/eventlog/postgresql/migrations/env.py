"""Run by Alembic: uses the connection, and works in the schema, that `eventlog.postgresql.migrating` gives it."""

from alembic import context

_given = context.config.attributes

context.configure(connection=_given["connection"], version_table_schema=_given["names"].schema)
context.run_migrations()
