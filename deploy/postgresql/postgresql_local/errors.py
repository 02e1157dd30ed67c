"""What keeps a local PostgreSQL from running: one sentence, for whoever started it."""


class PostgresqlLocalError(Exception):
    """A local PostgreSQL cannot be had; the text says why."""
