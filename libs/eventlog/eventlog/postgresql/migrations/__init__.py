"""Run by Alembic: how the schema of a log came to be."""
