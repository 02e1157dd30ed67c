"""Several processes on one log leave no gap and no double, and a reader beside them misses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from eventlog.conformance.audit import audit
from eventlog.conformance.material import texts
from eventlog.postgresql import PostgresqlStore, migrate

from .postgresql_member import LOG, PARTITIONS

_MEMBER = Path(__file__).parent / "postgresql_member.py"
_WHO, _STREAMS, _EACH = "abc", 5, 12


def test_processes_that_append_to_the_same_streams_leave_no_gap_and_no_double(fresh_database: str) -> None:
    migrate(fresh_database, LOG, PARTITIONS)
    store = PostgresqlStore(fresh_database, LOG, PARTITIONS)
    members = [
        subprocess.Popen([sys.executable, str(_MEMBER), fresh_database, who, str(_STREAMS), str(_EACH)]) for who in _WHO
    ]
    seen = [0] * PARTITIONS
    while any(member.poll() is None for member in members):
        for partition in range(PARTITIONS):
            page = store.read(partition, seen[partition], 10_000)
            found = [recorded.position for recorded in page]
            assert found == list(range(seen[partition], seen[partition] + len(page)))
            seen[partition] += len(page)
    assert [member.wait() for member in members] == [0] * len(members)
    wanted = [f"{who}/stream-{stream}/{n}" for who in _WHO for stream in range(_STREAMS) for n in range(_EACH)]
    assert Counter(texts(audit(store))) == Counter(wanted)
    store.close()


def test_processes_that_migrate_at_once_make_one_schema(fresh_database: str) -> None:
    code = "import sys; from eventlog.postgresql import migrate; migrate(sys.argv[1], 'many', 2)"
    members = [subprocess.Popen([sys.executable, "-c", code, fresh_database]) for _ in range(2)]
    assert [member.wait() for member in members] == [0] * len(members)
    PostgresqlStore(fresh_database, "many", 2).close()
