"""A key file as Kubernetes mounts it from a Secret: root's, and open to the group of the pod."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from grpckit.signing import KeyFileError, Signer


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "operator.key"
    Signer.generate("operator").save(path)
    return path


@pytest.fixture
def anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)


@pytest.mark.usefixtures("anothers")
def test_anothers_key_file_may_be_open_to_its_group(key: Path) -> None:
    key.chmod(0o440)
    assert Signer.from_file(key).system == "operator"


@pytest.mark.usefixtures("anothers")
def test_anothers_key_file_that_is_open_to_everyone_is_refused(key: Path) -> None:
    key.chmod(0o444)
    with pytest.raises(KeyFileError, match="read by others"):
        Signer.from_file(key)


def test_ones_own_key_file_that_is_open_to_its_group_is_refused(key: Path) -> None:
    key.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        Signer.from_file(key)
