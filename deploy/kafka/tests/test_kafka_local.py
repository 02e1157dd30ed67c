"""A local Kafka keeps its data, ends with its starter, and says in one line why it cannot be had."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka_local import Kafka, KafkaLocalError, missing
from kafka_local.__main__ import main
from kafka_local.jars import jars
from kafka_local.ports import answers, free_ports

needs_kafka = pytest.mark.skipif(bool(missing()), reason=missing())
_PLACE = TopicPartition("kept", 0)
_STARTER = """
import sys
from pathlib import Path
from kafka_local import Kafka
with Kafka() as kafka:
    print(kafka.bootstrap, kafka._nodes[1].folder, flush=True)
    sys.stdin.read()
"""


@needs_kafka
def test_what_is_acknowledged_survives_a_kill() -> None:
    with Kafka() as kafka:
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        admin.create_topics({_PLACE.topic: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
        admin.close()
        producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
        producer.send(_PLACE.topic, b"x", partition=0).get(10)
        producer.close()
        kafka.kill(1)
        kafka.start_node(1)
        consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap)
        assert consumer.end_offsets([_PLACE]) == {_PLACE: 1}
        consumer.close()


@needs_kafka
def test_at_another_address_of_this_machine_it_tells_clients_to_come_there() -> None:
    with Kafka(host="127.0.0.2") as kafka:
        assert kafka.bootstrap.startswith("127.0.0.2:")
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        told = [broker["host"] for broker in admin.describe_cluster()["brokers"]]
        admin.close()
        port = int(kafka.bootstrap.rpartition(":")[2])
        assert (told, answers(port)) == (["127.0.0.2"], False)


@needs_kafka
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_whoever_started_it_and_leaves_nothing(end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STARTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        bootstrap, folder = starter.stdout.readline().split()
        port = int(bootstrap.rpartition(":")[2])
        assert answers(port)
        starter.send_signal(end)
        _wait_until(lambda: not answers(port) and not Path(folder).parent.exists())


@needs_kafka
def test_one_for_development_stays_until_it_is_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = next(free_ports())
    place = ["--port", str(port), "--folder", str(tmp_path / "data")]
    assert main(["status", *place]) == 1
    assert main(["start", *place]) == 0
    try:
        assert f"export LIENTHONG_KAFKA_BOOTSTRAP=127.0.0.1:{port}\n" in capsys.readouterr().out
        assert main(["start", *place]) == 0, "it runs already"
        capsys.readouterr()

        assert main(["start", "--port", str(port), "--folder", str(tmp_path / "other")]) == 2
        told = capsys.readouterr()
        assert (told.out, told.err) == ("", f"port {port} is in use; choose another one with --port\n")
    finally:
        assert main(["stop", *place]) == 0
    assert not answers(port)
    assert main(["stop", *place]) == 0
    assert main(["status", *place]) == 1


def test_half_a_download_is_not_taken_for_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(tmp_path, monkeypatch, java="exit 0", mvn=_FAILING)
    with pytest.raises(KafkaLocalError, match=r"could not fetch Apache Kafka .*: no route to the repository") as told:
        jars()
    assert "\n" not in str(told.value)
    assert not list((tmp_path / "cache" / "lienthong").iterdir())

    _programs(tmp_path, monkeypatch, java="exit 0", mvn=_FAILING.replace("exit 1", "exit 0"))
    assert [jar.name for jar in jars().glob("*.jar")] == ["half.jar"]
    _programs(tmp_path, monkeypatch, java="exit 0", mvn="exit 1")
    assert jars().is_dir(), "it is not fetched twice"


@pytest.mark.parametrize(("lacking", "words"), [("java", "Java 17"), ("mvn", "Maven")])
def test_what_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lacking: str, words: str
) -> None:
    _programs(tmp_path, monkeypatch, **{name: "exit 0" for name in ("java", "mvn") if name != lacking})
    assert words in missing()
    assert main(["start", "--port", str(next(free_ports())), "--folder", str(tmp_path / "data")]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


_FAILING = """
for word in "$@"; do case "$word" in -DoutputDirectory=*) : > "${word#*=}/half.jar";; esac; done
echo "[ERROR] no route to the repository"
exit 1
"""


def _programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    """Let only these programs be found, and an empty cache."""
    found = folder / "bin"
    found.mkdir(exist_ok=True)
    for name, script in programs.items():
        (found / name).write_text(f"#!/bin/sh\n{script}\n")
        (found / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(found))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))


def _wait_until(what: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not what():
        assert time.monotonic() < give_up, "it does not come"
        time.sleep(0.05)
