"""The log's tables, and what its role may do with them: add to the log and read it, never change it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None

_LEAN = {"fillfactor": 50}  # rows that are updated all the time stay on their page
_BYTEWISE = "C"  # the collation in which an index is cheapest


def upgrade() -> None:
    """Make them."""
    names, log, partitions = (context.config.attributes[given] for given in ("names", "log", "partitions"))
    _make()
    about = sa.table("log_about", sa.column("log"), sa.column("partitions"), sa.column("schema_version"))
    heads = sa.table("log_heads", sa.column("partition"), sa.column("size"), sa.column("micros"))
    op.bulk_insert(about, [{"log": log, "partitions": partitions, "schema_version": 1}])
    op.bulk_insert(heads, [{"partition": partition, "size": 0, "micros": 0} for partition in range(partitions)])
    role = names.role
    op.execute(f"GRANT USAGE ON SCHEMA {names.schema} TO {role}")
    op.execute(f"GRANT SELECT ON log_about, alembic_version TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON log_records, log_requests TO {role}")
    op.execute(f"GRANT SELECT, UPDATE ON log_heads TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON log_leases, log_relayed TO {role}")


def _make() -> None:
    op.create_table(
        "log_about",
        sa.Column("log", sa.String(100), primary_key=True),
        sa.Column("partitions", sa.Integer, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "log_heads",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("micros", sa.BigInteger, nullable=False),
        postgresql_with=_LEAN,
    )
    op.create_table(
        "log_records",
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.String(200, collation=_BYTEWISE), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("type_name", sa.String(200, collation=_BYTEWISE), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("stream", "version", name="log_records_stream_version"),
    )
    op.create_table(
        "log_requests",
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "log_leases",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("expires_micros", sa.BigInteger, nullable=False),
        postgresql_with=_LEAN,
    )
    op.create_table(
        "log_relayed",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        postgresql_with=_LEAN,
    )
