"""The tables of a log; the same in every SQL store.

A record's place is one number, partition * 2**48 + position: it is the primary key, so a partition is read in order
without an index beside the table.
"""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 1
_SHIFT = 48

metadata = sa.MetaData()

about = sa.Table(
    "log_about",
    metadata,
    sa.Column("log", sa.String(100), primary_key=True),
    sa.Column("partitions", sa.Integer, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
)

heads = sa.Table(
    "log_heads",
    metadata,
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("micros", sa.BigInteger, nullable=False),
)

records = sa.Table(
    "log_records",
    metadata,
    sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("stream", sa.String(200), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("type_name", sa.String(200), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("stream", "version", name="log_records_stream_version"),
)

requests = sa.Table(
    "log_requests",
    metadata,
    sa.Column("id", sa.LargeBinary(16), primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
    sa.Column("place", sa.BigInteger, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

leases = sa.Table(
    "log_leases",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("expires_micros", sa.BigInteger, nullable=False),
)

relayed = sa.Table(
    "log_relayed",
    metadata,
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
)


def place(partition: int, position: int) -> int:
    """Return the number of a place."""
    return partition << _SHIFT | position


def split(place_: int) -> tuple[int, int]:
    """Return partition and position of a place's number."""
    return place_ >> _SHIFT, place_ & (1 << _SHIFT) - 1
