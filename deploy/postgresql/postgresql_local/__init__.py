"""PostgreSQL from a wheel, without installing it: for development and tests."""

from postgresql_local.errors import PostgresqlLocalError
from postgresql_local.installation import missing
from postgresql_local.server import Postgresql

__all__ = ["Postgresql", "PostgresqlLocalError", "missing"]
