"""The contract breaks nobody who was built on its baseline."""

from __future__ import annotations

import subprocess
from pathlib import Path

from google.protobuf import descriptor_pb2

from .make_baseline import BASELINE, BUF, ROOT, fresh_image


def breaking(image: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BUF), "breaking", str(image), "--against", str(BASELINE), "--config", "buf.yaml"]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


def test_the_contract_does_not_break_its_baseline() -> None:
    compared = breaking(fresh_image())
    assert compared.returncode == 0, compared.stdout + compared.stderr


def test_a_field_taken_away_would_be_noticed(tmp_path: Path) -> None:
    files = descriptor_pb2.FileDescriptorSet.FromString(BASELINE.read_bytes())
    [agencies] = [file for file in files.file if file.name == "lienthong/identity/v1/agency.proto"]
    [registered] = [message for message in agencies.message_type if message.name == "AgencyRegistered"]
    del registered.field[1]
    broken = tmp_path / "broken.binpb"
    broken.write_bytes(files.SerializeToString())
    compared = breaking(broken)
    assert compared.returncode != 0
    assert "display_name" in compared.stdout
