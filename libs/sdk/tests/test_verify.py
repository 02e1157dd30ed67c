"""`lienthong log verify` and `log recover`: a sound log passes, and what is wrong is told where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from eventlog.conformance.material import append, made, sealable
from eventlog.kafka import KafkaSettings, KafkaTopic
from eventlog.postgresql import Names, PostgresqlStore
from eventlog.record import parse, seal
from eventlog.sqlite_store import SqliteStore
from typer.testing import Result

from .conftest import PARTITIONS, Log

Lienthong = Callable[..., Result]


def execute(log: Log, statement: str) -> None:
    """Run a statement as the owner; {schema} and {role} are the log's."""
    url, names = log.url, Names(log.name)
    text = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(text, autocommit=True) as connection:
        connection.execute(statement.format(schema=names.schema, role=names.role).encode())


def verify(lienthong: Lienthong, log: Log, *more: str) -> Result:
    return lienthong("log", "verify", "--database-url", log.url, "--kafka", log.bootstrap, *more)


def test_a_sound_log_is_verified_with_its_topic(log: Log, lienthong: Lienthong) -> None:
    done = verify(lienthong, log, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["log"], told["records"], told["found"]) == (log.name, 18, 0)
    assert sum(told["published"]) == 18
    assert {len(each["rfc6962_root"]) for each in told["partitions"]} == {64}
    assert "no faults" in verify(lienthong, log).stdout


def test_a_record_that_was_changed_in_the_database_is_found_there_and_against_the_topic(
    log: Log, lienthong: Lienthong
) -> None:
    execute(log, "UPDATE {schema}.log_records SET data = data || '\\x5200' WHERE place = 1")
    done = verify(lienthong, log)
    assert done.exit_code == 1
    assert f"FAULT {log.name}/0 position 1 has other bytes in the topic than in the log" in done.output
    assert "Change nothing" in done.output


def test_a_log_that_lost_its_end_is_found_and_recovered(log: Log, lienthong: Lienthong) -> None:
    execute(log, "DELETE FROM {schema}.log_records WHERE place >= 1::bigint << 48")
    execute(log, "UPDATE {schema}.log_heads SET size = 0, micros = 0 WHERE partition = 1")
    done = verify(lienthong, log)
    assert done.exit_code == 1
    assert f"FAULT {log.name}/1 position 0 is in the topic" in done.output
    recovered = lienthong("log", "recover", log.name, "--database-url", log.url, "--kafka", log.bootstrap)
    assert recovered.exit_code == 0, recovered.output
    assert f"{log.name}/1  0 -> " in recovered.stdout
    assert verify(lienthong, log).exit_code == 0


def test_what_is_not_published_yet_is_told_and_is_no_fault(log: Log, lienthong: Lienthong) -> None:
    store = PostgresqlStore(log.url, log.name, PARTITIONS)
    made(store.append([append("later", 0, "1")])[0])
    store.close()
    done = verify(lienthong, log)
    assert done.exit_code == 0
    assert "1 records were not in it yet" in done.stdout


def test_a_forged_message_in_the_topic_is_found(log: Log, lienthong: Lienthong) -> None:
    topic = KafkaTopic(KafkaSettings(log.bootstrap))
    topic.heads(log.name, PARTITIONS)
    store = PostgresqlStore(log.url, log.name, PARTITIONS)
    [last] = store.read(0, store.heads()[0] - 1, 1)
    forged = seal(log.name, 0, last.position, last.stream, last.version, last.micros, sealable(last.stream, "forged"))
    topic.publish([forged])
    store.close()
    topic.close()
    done = verify(lienthong, log)
    assert done.exit_code == 1
    assert f"{log.name}/0 position {last.position} has other bytes in the topic" in done.output
    assert parse(forged.data).position == last.position


def test_a_file_of_the_embedded_platform_is_verified_also_while_it_is_in_use(
    tmp_path: Path, lienthong: Lienthong
) -> None:
    store = SqliteStore(tmp_path / "log.sqlite", "filed", 3)
    made(store.append([append("a", 0, "1", "2")])[0])
    assert "filed: 2 records" in lienthong("log", "verify", "--from", tmp_path / "log.sqlite").stdout
    with store.file.write() as connection:
        connection.execute("UPDATE log_records SET stream = 'b'")
    store.close()
    done = lienthong("log", "verify", "--from", tmp_path / "log.sqlite")
    assert done.exit_code == 1
    assert "is kept under another place" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("log", "verify", "--from", "/dev/null"), "is no log of the embedded platform"),
        (("log", "verify", "--database-url", "postgresql://x@127.0.0.1:1/x"), "PostgreSQL at 127.0.0.1:1/x"),
        (("log", "recover", "identity"), "set LIENTHONG_DATABASE_URL and LIENTHONG_KAFKA_BOOTSTRAP"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_2(
    lienthong: Lienthong, arguments: tuple[str, ...], told: str
) -> None:
    done = lienthong(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
