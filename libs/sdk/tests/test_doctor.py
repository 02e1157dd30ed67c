"""What the doctor finds: each thing that is wrong is a failure with a remedy, and nothing is changed by looking."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from eventlog.kafka import topic_name
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from lienthong_sdk.commands.doctor import network, topics
from lienthong_sdk.commands.doctor.database import Database
from lienthong_sdk.commands.doctor.finding import Finding, Verdict
from lienthong_sdk.commands.engines import open_topic

from .conftest import Log
from .test_verify import Lienthong, execute

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def bad(findings: Iterator[Finding]) -> dict[str, Finding]:
    """Return what is not well, by check; each has a remedy."""
    found = {each.check: each for each in findings if each.verdict in {Verdict.WARN, Verdict.FAIL}}
    assert all(each.remedy for each in found.values())
    return found


def test_a_sound_database_has_no_failure(log: Log) -> None:
    found = bad(Database(log.url).examine())
    assert set(found) == {"archive_mode", "relay", "relay leases"} or set(found) == {"archive_mode", "relay leases"}
    assert found["relay leases"].found.startswith("nobody publishes 2 of 2 partitions")


@pytest.mark.parametrize(
    ("statement", "check", "told"),
    [
        ("GRANT DELETE ON {schema}.log_records TO {role}", "rights", "may DELETE on log_records"),
        ("ALTER ROLE {role} SUPERUSER", "rights", "it is a superuser"),
        ("UPDATE {schema}.alembic_version SET version_num = '9999'", "schema", "newer than this program"),
        ("REVOKE ALL ON {schema}.alembic_version FROM {role}", "schema", "has lost its rights"),
    ],
)
def test_a_role_that_could_rewrite_the_log_and_a_schema_that_does_not_fit_are_failures(
    log: Log, statement: str, check: str, told: str
) -> None:
    execute(log, statement)
    found = bad(Database(log.url).examine())
    assert found[check].verdict is Verdict.FAIL
    assert told in found[check].found


def test_a_database_that_is_away_is_one_failure() -> None:
    [found] = Database("postgresql://x@127.0.0.1:1/x").examine()
    assert (found.check, found.verdict) == ("reachable", Verdict.FAIL)


def _heads(log: Log) -> list[int]:
    database = Database(log.url)
    list(database.examine())
    return list(database.heads[log.name])


def _topic(log: Log, heads: list[int]) -> dict[str, Finding]:
    with open_topic(log.bootstrap) as topic:
        return bad(topics.examine(topic, log.name, heads, lambda _log: heads))


def test_a_sound_topic_on_one_broker_is_warned_of(log: Log) -> None:
    found = _topic(log, _heads(log))
    assert {check: each.verdict for check, each in found.items()} == {"copies": Verdict.WARN}


def test_a_topic_that_forgets_is_a_failure_with_the_command_that_mends_it(log: Log) -> None:
    admin = KafkaAdminClient(bootstrap_servers=log.bootstrap)
    finite = {"retention.ms": "604800000"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic_name(log.name), finite)])
    admin.close()
    found = _topic(log, _heads(log))["settings"]
    assert found.verdict is Verdict.FAIL
    assert "retention.ms=604800000" in found.found
    assert "kafka-configs.sh" in found.remedy


def test_a_missing_topic_is_a_failure_and_is_not_made_by_looking(log: Log) -> None:
    other = Log(f"{log.name}_x", log.url, log.bootstrap)
    for _ in range(2):
        assert _topic(other, [0, 0])["there"].found == "is missing"


def test_another_number_of_partitions_is_a_failure(log: Log) -> None:
    assert "has 2 partitions, and its log 3" in _topic(log, [0, 0, 0])["settings"].found


def test_a_log_that_is_shorter_than_its_topic_is_to_be_recovered(log: Log) -> None:
    found = _topic(log, [0, 0])["published"]
    assert found.verdict is Verdict.FAIL
    assert f"lienthong log recover {log.name}" in found.remedy


def test_a_relay_that_is_far_behind_is_warned_of(log: Log) -> None:
    heads = [head + 2000 for head in _heads(log)]
    assert _topic(log, heads)["published"].verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("docexchange:7000", [("docexchange", 7000)]),
        ("dns:///docexchange.platform:7000", [("docexchange.platform", 7000)]),
        ("ipv4:10.0.0.1:1,10.0.0.2:2", [("10.0.0.1", 1), ("10.0.0.2", 2)]),
        ("[::1]:7000", [("::1", 7000)]),
    ],
)
def test_every_kind_of_address_is_understood(address: str, places: list[tuple[str, int]]) -> None:
    assert network.split_address(address) == places


@pytest.mark.parametrize("address", ["nowhere.invalid:7000", "no address", "host:port"])
def test_a_name_that_nobody_knows_is_a_failure(address: str) -> None:
    findings, places = network.resolve("x", address)
    assert [each.verdict for each in findings] == [Verdict.FAIL]
    assert not places


def test_a_port_on_which_nobody_listens_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert network.reach("x", "127.0.0.1", port).verdict is Verdict.OK
    assert network.reach("x", "127.0.0.1", port).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("days", "verdict"), [(-1, Verdict.FAIL), (3, Verdict.WARN), (13, Verdict.WARN), (15, Verdict.OK)]
)
def test_a_certificate_is_judged_by_its_end(days: int, verdict: Verdict) -> None:
    assert network.certificate_ends("x", _NOW + timedelta(days=days), _NOW).verdict is verdict


def test_what_is_not_given_is_said_to_be_skipped_and_a_failure_is_status_1(
    lienthong: Lienthong, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = tmp_path_factory.mktemp("key") / "operator.key"
    assert lienthong("key", "new", "operator", key).exit_code == 0
    nobody = ("--identity", "127.0.0.1:1", "--docexchange", "127.0.0.1:1")
    done = lienthong("doctor", "--key", key, *nobody)
    assert done.exit_code == 1
    assert "skipped database  all: give --database-url" in done.stdout
    assert "skipped topics  all: give --kafka" in done.stdout
    assert "FAIL    identity 127.0.0.1:1  tcp:" in done.stdout
    assert "-> is the service up?" in done.stdout
