"""The platform in a process of its own, as `lienthong up` starts it, with agencies that may send and receive."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import psutil  # type: ignore[import-untyped]
from google.type.date_pb2 import Date
from grpckit.signing import Signer
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1.document_service_pb2 import SendDocumentRequest
from lienthong.identity.v1.agency_service_pb2 import RegisterAgencyRequest
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY
from lienthong.identity.v1.system_service_pb2 import EnrolSystemRequest
from lienthong_sdk import Addresses, Lienthong

SENDER, RECEIVER = "H41", "H26"
_READY = re.compile(r"ready\s+identity (\S+)\s+docexchange (\S+)\s+key (.+)")
_START_SECONDS = 60
_BIN = Path(sys.executable).parent


class Reached(Protocol):
    """A platform as a client finds it."""

    @property
    def addresses(self) -> Addresses:
        """Where the services listen."""
        ...

    @property
    def operator_key(self) -> Path:
        """The operator's key file."""
        ...


@dataclass(frozen=True)
class Installation:
    """A running platform: where it listens, the operator's key file, its process, how long it took to be ready."""

    addresses: Addresses
    operator_key: Path
    process: psutil.Process
    ready_seconds: float

    def rss(self) -> float:
        """Return its resident memory in MB."""
        return resident(self.process)


def resident(process: psutil.Process) -> float:
    """Return a process's resident memory in MB."""
    return float(process.memory_info().rss) / 1e6


@contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder, on the disk that the machine has for such."""
    with TemporaryDirectory(prefix="lienthong-bench-") as path:
        yield Path(path)


@contextmanager
def running(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """Start the platform on a data folder, with more in its environment; stop it at the end."""
    begun = time.monotonic()
    command = [str(_BIN / "lienthong"), "up", "--data", str(data), "--port-base", "0"]
    variables = os.environ | (environment or {})
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            seconds = time.monotonic() - begun
            found = _READY.match(line)
            if found is None or seconds > _START_SECONDS:
                raise RuntimeError(f"the platform did not start: {line!r}")
            identity, docexchange, key = found.groups()
            yield Installation(
                Addresses(identity, docexchange), Path(key.strip()), psutil.Process(process.pid), seconds
            )
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


async def enrolled(platform: Reached) -> dict[str, Signer]:
    """Register the two agencies, each with a system that may send and receive."""
    signers = {code: Signer.generate(f"{code.lower()}-bench") for code in (SENDER, RECEIVER)}
    async with Lienthong(platform.addresses, Signer.from_file(platform.operator_key)) as operator:
        for code, signer in signers.items():
            registered = await operator.agencies.RegisterAgency(
                RegisterAgencyRequest(code=code, display_name=f"UBND {code}", request_id=str(uuid.uuid4()))
            )
            await operator.systems.EnrolSystem(
                EnrolSystemRequest(
                    system=signer.system,
                    agency=code,
                    display_name="Hệ thống quản lý văn bản",
                    role=SYSTEM_ROLE_AGENCY,
                    scopes=["documents.send", "documents.receive"],
                    public_key=signer.public_key,
                    request_id=str(uuid.uuid4()),
                    after=[registered.position],
                )
            )
    await asyncio.sleep(0.5)  # docexchange folds what identity has said
    return signers


def send_request(number: int) -> SendDocumentRequest:
    """Make a command to send a document that nobody sent before."""
    content = d.Content(
        number=str(number),
        notation="UBND-VX",
        promulgation_date=Date(year=2026, month=2, day=27),
        subject="V/v kết nối, liên thông phần mềm quản lý văn bản giữa các cơ quan trong hệ thống hành chính",
        priority=d.PRIORITY_NORMAL,
    )
    return SendDocumentRequest(content=content, recipients=[RECEIVER], request_id=str(uuid.uuid4()))
