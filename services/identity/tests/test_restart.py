"""The first start, every other start, and the crashes in between."""

from __future__ import annotations

import base64
import logging
import stat
from pathlib import Path
from typing import Any

import pytest
from eventlog.errors import StoreMismatch
from eventlog.local_topic import LocalTopic
from eventlog.record import parse
from grpckit.server import AddressInUse
from grpckit.signing import KeyFileError, Signer
from identity_service.app import build
from identity_service.bootstrap import enrol_operator
from identity_service.settings import Settings
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_OPERATOR, System
from pydantic import ValidationError


async def test_the_first_start_makes_the_operators_key_and_enrols_it(running: Any, tmp_path: Path) -> None:
    async with running(tmp_path / "data") as identity:
        stream = await identity.call("ReadStream", stream="system-operator")
        system = identity.app.directory.system("operator")
    key_file = tmp_path / "data" / "operator.key"
    first = parse(stream.records[0])
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert (first.record.origin.method, first.record.origin.system) == ("bootstrap", "")
    assert system is not None
    assert (system.role, system.agency) == (SYSTEM_ROLE_OPERATOR, "")
    assert [each.name for each in key_file.parent.glob("operator*")] == ["operator.key"]


async def test_a_restart_continues_where_it_stopped(running: Any, tmp_path: Path) -> None:
    async with running(tmp_path / "data") as identity:
        registered = await identity.register("H41", request_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")
        before = identity.operator
        await identity.call("RenameAgency", code="H41", display_name="Tên mới")
    async with running(tmp_path / "data") as identity:
        assert identity.operator.key_id == before.key_id
        assert (await identity.register("H41", request_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")) == registered
        assert (await identity.refusal("RegisterAgency", code="H41", display_name="?")).reason == "AGENCY_EXISTS"
        found = await identity.call("GetAgency", code="H41", after=[registered.position])
        assert found.agency.display_name == "Tên mới"


async def test_the_views_are_what_a_fresh_fold_of_the_log_gives(running: Any, tmp_path: Path) -> None:
    async with running(tmp_path / "data") as identity:
        await identity.register("H41")
        last = await identity.enrol(Signer.generate("h41-qlvb"), agency="H41")
        await identity.app.views.wait([last.position])
        views = identity.app.views
        assert all(views.compare_with_fresh_fold(view).same for view in ("agencies", "systems"))


async def test_what_was_decided_reaches_the_topic(running: Any, tmp_path: Path) -> None:
    async with running(tmp_path / "data") as identity:
        await identity.register("H41")
    topic = LocalTopic(tmp_path / "data-topic.sqlite")
    heads = topic.heads("identity", 4)
    topic.close()
    assert sum(heads) == 2


async def test_an_operator_who_keeps_the_key_elsewhere_gives_its_public_part(running: Any, tmp_path: Path) -> None:
    operator = Signer.generate("operator")
    given = base64.b64encode(operator.public_key)
    for code in ("H41", "H42"):
        async with running(tmp_path / "data", operator=operator, operator_public_key=given) as identity:
            await identity.register(code)
    assert not list((tmp_path / "data").glob("operator*"))


async def test_replicas_that_start_at_once_enrol_one_operator(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.sqlite")
    keys = [Signer.generate("operator").public_key for _ in range(4)]
    given = [base64.b64encode(key) for key in keys]
    apps = [build(Settings(data=tmp_path / "data", port=0, operator_public_key=key), topic) for key in given]
    try:
        for app in apps:  # each reads before any has written
            systems: Any = _Unread(app._systems)
            await enrol_operator(systems, tmp_path / "operator.key", app._settings.operator_public_key)
        stored = apps[0].log.store.read_stream("system-operator")
    finally:
        for app in apps:
            await app.stop()
        topic.close()
    assert [keys[0] in each.data for each in stored] == [True]


class _Unread:
    """Systems of a replica that looked before any other had written."""

    def __init__(self, systems: Any) -> None:
        self.create = systems.create

    async def state(self, stream: str) -> System:
        assert stream == "system-operator"
        return System()


@pytest.mark.parametrize("given", ["???", base64.b64encode(b"short").decode()])
def test_what_is_no_public_key_of_an_operator_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError, match="operator_public_key"):
        Settings(operator_public_key=given)


async def test_a_crash_between_key_and_log_is_repaired(running: Any, tmp_path: Path) -> None:
    key_file = tmp_path / "data" / "operator.key"
    key_file.parent.mkdir()
    (key_file.parent / "operator.draft").write_text("half a k")
    signer = Signer.generate("operator")
    signer.save(key_file)
    async with running(tmp_path / "data") as identity:
        assert identity.operator.key_id == signer.key_id
        await identity.register("H41")


async def test_a_crash_while_the_key_is_written_is_repaired(running: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "operator.draft").write_text("half a k")
    async with running(tmp_path / "data") as identity:
        await identity.register("H41")


async def test_another_systems_key_in_its_place_is_left_alone(running: Any, tmp_path: Path) -> None:
    key_file = tmp_path / "data" / "operator.key"
    key_file.parent.mkdir()
    Signer.generate("h41-qlvb").save(key_file)
    content = key_file.read_bytes()
    with pytest.raises(KeyFileError, match="h41-qlvb"):
        async with running(tmp_path / "data"):
            pass
    assert key_file.read_bytes() == content


async def test_without_the_key_file_it_starts_and_tells_what_to_do(running: Any, tmp_path: Path, caplog: Any) -> None:
    async with running(tmp_path / "data") as identity:
        operator = identity.operator
    key_file = tmp_path / "data" / "operator.key"
    key_file.unlink()
    topic = LocalTopic(tmp_path / "again.sqlite")
    app = build(Settings(data=tmp_path / "data", port=0), topic)
    with caplog.at_level(logging.WARNING, logger="identity_service"):
        await app.start()
    assert app.directory.find(operator.key_id) is not None
    await app.stop()
    topic.close()
    assert not key_file.exists()
    told = [record.getMessage() for record in caplog.records if record.name.startswith("identity_service")]
    assert len(told) == 1
    assert "operator.key is gone" in told[0]


async def test_a_start_that_fails_leaves_nothing_running(running: Any, tmp_path: Path) -> None:
    async with running(tmp_path / "one") as identity:
        port = int(identity.app.address.rpartition(":")[2])
        with pytest.raises(AddressInUse):
            async with running(tmp_path / "two", port=port):
                pass
    async with running(tmp_path / "two") as identity:
        await identity.register("H41")


async def test_it_may_be_stopped_twice_and_before_its_start(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.sqlite")
    for starts in (False, True):
        app = build(Settings(data=tmp_path / "data", port=0), topic)
        if starts:
            await app.start()
        await app.stop()
        await app.stop()
    topic.close()


def test_the_number_of_partitions_is_for_ever(tmp_path: Path) -> None:
    topic = LocalTopic(tmp_path / "topic.sqlite")
    app = build(Settings(data=tmp_path, partitions=4), topic)
    app.log.close()
    with pytest.raises(StoreMismatch):
        build(Settings(data=tmp_path, partitions=5), topic)
    app.views.stop()
    topic.close()
