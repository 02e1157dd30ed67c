"""The addresses of a log's schemas: the URL of a database, with role and schema in its `options`.

A session that is opened with one works under the log's role from its first statement on, whoever logs in, and sees
the tables of that schema by their short names. Everything else in the URL is left as it is: `sslmode`, `sslrootcert`
and all other parameters of libpq pass through.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from eventlog.postgresql.names import Names

_DRIVER = "postgresql+psycopg"


def log_url(url: str, log: str) -> str:
    """Return the URL of the schema that holds the log."""
    names = Names(log)
    return _with_options(url, f"-c role={names.role} -c search_path={names.schema}")


def views_url(url: str, log: str) -> str:
    """Return the URL of the schema for the service's views, in which it may do as it likes."""
    names = Names(log)
    return _with_options(url, f"-c role={names.role} -c search_path={names.views}")


def owner_url(url: str) -> str:
    """Return the URL with the driver that is used here."""
    return sa.make_url(url).set(drivername=_DRIVER).render_as_string(hide_password=False)


def parameters(url: str) -> dict[str, Any]:
    """Return a URL's parameters as libpq takes them."""
    parsed = sa.make_url(url).set(drivername=_DRIVER)
    _, wanted = parsed.get_dialect()().create_connect_args(parsed)
    return dict(wanted)


def shown(url: str) -> str:
    """Return where a URL points to, without its secrets."""
    parsed = sa.make_url(url)
    return f"{parsed.host or 'local'}:{parsed.port or 5432}/{parsed.database}"


def _with_options(url: str, options: str) -> str:
    parsed = sa.make_url(url).set(drivername=_DRIVER)
    given = parsed.query.get("options", "")
    together = " ".join([*([given] if isinstance(given, str) else given), options]).strip()
    return parsed.update_query_dict({"options": together}).render_as_string(hide_password=False)
