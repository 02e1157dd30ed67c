"""A connection in libpq's pipeline mode: several prepared statements are one round trip.

Invariant: a pipeline that was not answered in full, in time and without an error leaves a connection that must be
closed; what of it was done is not known.
"""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

from eventlog.postgresql.connecting import is_cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.pq.abc import PGconn, PGresult

Step = tuple[str, "Sequence[bytes]"]  # a prepared statement and its parameters, in the binary format
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)


def check(results: Sequence[PGresult]) -> None:
    """Raise what the first statement that failed says, a psycopg.Error."""
    for result in results:
        if result.status not in _DONE:
            raise error_from_result(result)


class Wire:
    """Runs the statements named in `prepared`; no pipeline may take longer than `patience` seconds."""

    def __init__(self, connection: psycopg.Connection[Any], prepared: Mapping[str, str], patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self._pgconn: PGconn = connection.pgconn
        self._pgconn.enter_pipeline_mode()
        for name, statement in prepared.items():
            self._pgconn.send_prepare(name.encode(), statement.encode())
        check(self._finish())

    def run(self, steps: Sequence[Step]) -> list[PGresult]:
        """Run the steps in order; return what each came to: `check` it. After one that fails none is run."""
        for name, parameters in steps:
            formats = [pq.Format.BINARY] * len(parameters)
            self._pgconn.send_query_prepared(name.encode(), parameters, formats, result_format=pq.Format.BINARY)
        return self._finish()

    def is_cut(self) -> bool:
        """Tell whether the connection was cut while it was idle."""
        return is_cut(self._connection)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _finish(self) -> list[PGresult]:
        self._pgconn.pipeline_sync()
        pgconn, end = self._pgconn, time.monotonic() + self._patience
        results: list[PGresult] = []
        unsent = pgconn.flush()
        while True:
            self._wait(select.POLLIN | (select.POLLOUT if unsent else 0), end)
            pgconn.consume_input()
            unsent = unsent and pgconn.flush()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:  # the end of one statement's results
                    continue
                if result.status == pq.ExecStatus.PIPELINE_SYNC:
                    return results
                results.append(result)

    def _wait(self, events: int, end: float) -> None:
        poll = select.poll()
        poll.register(self._pgconn.socket, events)
        if not poll.poll(max(end - time.monotonic(), 0) * 1000):
            raise psycopg.OperationalError(f"the server has not answered within {self._patience:.0f} s")
