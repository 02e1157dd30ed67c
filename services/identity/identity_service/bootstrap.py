"""The first start: the operator's key, without which nobody could enrol anybody.

Invariants:

1. The key file is whole and durable before the log says that the operator is enrolled with it; a crash in between is
   repaired by the next start, which enrols the key that is there.
2. A key file is never overwritten, and a log that has its operator is never given another one here.
3. Of several replicas that start at once on an empty log one enrols the operator; the others find it enrolled.

Where the operator keeps the private key elsewhere (`operator_public_key`), no key is made and no file is touched.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from decider.executor import Executor, Intent
from decider.refusal import Refusal
from grpckit.signing import KeyFileError, Signer, key_id_of
from lienthong.identity.v1.agency_pb2 import AGENCY_STATE_UNSPECIFIED
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_OPERATOR, System
from lienthong.identity.v1.system_service_pb2 import EnrolSystemRequest
from lienthong.log.v1 import record_pb2

from identity_service.reason import Reason
from identity_service.system import decide_enrol, stream_of

if TYPE_CHECKING:
    from pathlib import Path

OPERATOR = "operator"
_INTENT = Intent(record_pb2.Origin(method="bootstrap"), record_pb2.Cause(correlation_id="bootstrap"), None)
_log = logging.getLogger(__name__)


async def enrol_operator(systems: Executor[System], key_file: Path, public_key: bytes | None = None) -> None:
    """Enrol the operator with the key that is given, or with one that is made and kept in `key_file`.

    Nothing happens when the log has its operator. KeyFileError for an unusable file.
    """
    if (await systems.state(stream_of(OPERATOR))).id:
        if public_key is None:
            await asyncio.to_thread(_tell_if_gone, key_file)
        return
    if public_key is None:
        public_key = (await asyncio.to_thread(_signer, key_file)).public_key
    try:
        await _enrol(systems, public_key)
    except Refusal as refusal:
        if refusal.reason != Reason.SYSTEM_EXISTS.name:
            raise
        _log.info("another replica has enrolled the operator")


async def _enrol(systems: Executor[System], public_key: bytes) -> None:
    request = EnrolSystemRequest(
        system=OPERATOR,
        display_name="Đơn vị vận hành nền tảng",
        role=SYSTEM_ROLE_OPERATOR,
        public_key=public_key,
    )
    key_id = key_id_of(OPERATOR, public_key)
    await systems.create(
        stream_of(OPERATOR), lambda state: decide_enrol(request, state, AGENCY_STATE_UNSPECIFIED, key_id), _INTENT
    )


def _tell_if_gone(key_file: Path) -> None:
    if not key_file.exists():
        _log.warning(
            "the operator is enrolled, but %s is gone: put a copy of it back with mode 0600, or let another operator "
            "system rotate the operator's key",
            key_file,
        )


def _signer(key_file: Path) -> Signer:
    if not key_file.exists():
        _make(key_file)
    signer = Signer.from_file(key_file)
    if signer.system != OPERATOR:
        raise KeyFileError(f"{key_file} is the key of system {signer.system}, not of {OPERATOR}: move it elsewhere")
    return signer


def _make(key_file: Path) -> None:
    """Write the file under another name first, so that under its own it is whole."""
    draft = key_file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    Signer.generate(OPERATOR).save(draft)
    _flush(draft)
    os.link(draft, key_file)  # unlike a rename it never replaces a file
    draft.unlink()
    _flush(key_file.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
