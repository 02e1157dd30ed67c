"""What cannot work ends with one line in the pod's termination message, which says what to do."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.kubernetes.cluster import wait_until
from tests.kubernetes.given_engines import Engines
from tests.kubernetes.installed import Installed, installation
from tests.kubernetes.looking import last_words
from tests.kubernetes.programs import CommandFailed, Programs
from tests.kubernetes.settings import PARTITIONS

_SECONDS = 60.0
_NO_MIGRATION: Mapping[str, Any] = {"migration": {"mode": "none"}}


@pytest.fixture(scope="module")
def place(programs: Programs, given_engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Give a namespace for installations that cannot work."""
    with installation(programs, given_engines, tmp_path_factory.mktemp("keys"), "bad") as place:
        spoil(place, "forget-topics")
        yield place


class Case:
    """An installation of identity alone, in one pod, on a database of its own."""

    def __init__(self, place: Installed, engines: Engines) -> None:
        self.place = place
        self.url = place.wanted.database_url = engines.database(f"bad_{secrets.token_hex(4)}")
        place.cluster.apply(*place.wanted.secrets())

    def migrate(self) -> None:
        """Make the database ready."""
        database = f"LIENTHONG_DATABASE_URL={self.url}"
        self.place.inside.run("env", database, "python", "-m", "identity_service", "migrate")

    def says(self, partitions: int = PARTITIONS, **more: Any) -> str:
        """Install it; return the one line that a container of it ends with."""
        identity = {"replicas": 1, "partitions": partitions}
        values: dict[str, Any] = {
            "components": {"identity": identity, "docexchange": {"enabled": False}},
            "migration": {"retries": 0},
            **more,
        }
        before = last_words(self.place.cluster).keys()
        try:
            self.place.install("--timeout", "40s", **values)
        except CommandFailed as error:  # of a hook that has failed helm does not tell why
            if "pre-install" not in str(error):
                raise
        told = wait_until(lambda: self._new(before), "a container has told why it ended", _SECONDS)
        [line] = set(told.values())
        assert "\n" not in line, line
        return str(line)

    def _new(self, before: Any) -> dict[str, str]:
        return {name: text for name, text in last_words(self.place.cluster).items() if name not in before}


@pytest.fixture
def case(place: Installed, given_engines: Engines) -> Iterator[Case]:
    """Give a case; what it has installed is taken out."""
    try:
        yield Case(place, given_engines)
    finally:
        place.uninstall()
        place.cluster.kubectl("delete", "configmap,job", "-l", "app.kubernetes.io/name=lienthong", "--wait")


def spoil(place: Installed, *what: str) -> None:
    """Run `inside.spoil`."""
    place.inside.run("python", "-m", "inside.spoil", *what)


def test_a_database_that_nobody_has_migrated(case: Case) -> None:
    assert "migrate" in case.says(**_NO_MIGRATION)


def test_a_schema_that_is_older_than_the_image(case: Case) -> None:
    case.migrate()
    spoil(case.place, "revision", case.url, "identity", "0000")
    assert "python -m identity_service migrate" in case.says(**_NO_MIGRATION)


def test_a_schema_that_is_newer_than_the_image_at_the_start(case: Case) -> None:
    case.migrate()
    spoil(case.place, "revision", case.url, "identity", "9999")
    assert "run the newer image" in case.says(**_NO_MIGRATION)


def test_a_schema_that_is_newer_than_the_image_at_the_migration(case: Case) -> None:
    case.migrate()
    spoil(case.place, "revision", case.url, "identity", "9999")
    assert "run the newer image" in case.says()


def test_another_number_of_partitions_than_the_log_has(case: Case) -> None:
    case.migrate()
    said = case.says(partitions=2 * PARTITIONS)
    assert f"start with partitions {PARTITIONS}" in said, said


def test_a_topic_that_forgets(case: Case) -> None:
    spoil(case.place, "finite-topic", "identity")
    try:
        said = case.says()
    finally:
        spoil(case.place, "forget-topics")
    assert "retention.ms" in said
    assert "to mend it: " in said


def test_a_certificate_that_has_ended(case: Case) -> None:
    case.place.cluster.apply(*case.place.wanted.secrets(server_lasts=timedelta(hours=-1)))
    try:
        said = case.says()
    finally:
        case.place.cluster.apply(*case.place.wanted.secrets())
    assert "renew it" in said


def test_a_key_that_the_values_do_not_have(place: Installed) -> None:
    with pytest.raises(CommandFailed, match="additional properties 'replicaz' not allowed"):
        place.install(components={"identity": {"replicaz": 3}})
