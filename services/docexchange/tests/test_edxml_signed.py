"""Signed messages: what the check gave is answered, and kept with the document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from grpckit.signing import utc_now
from lienthong.docexchange.v1 import document_pb2 as d

from .installation import Installation, running
from .messages import certificate, message, signed

NOW = utc_now()
ROOT = "Chứng thực quốc gia"


@asynccontextmanager
async def trusting(folder: Path) -> AsyncIterator[Installation]:
    """Run a platform that trusts one authority and checks messages up to 20 kB."""
    pem = folder / "trusted.pem"
    pem.write_bytes(certificate(ROOT, ROOT, NOW).public_bytes(Encoding.PEM))
    async with running(folder, trusted_certificates=pem, max_signature_bytes=20_000) as platform:
        yield platform


async def test_what_the_check_gave_is_answered_and_kept(tmp_path: Path) -> None:
    async with trusting(tmp_path) as platform:
        sender = await platform.agency()
        good, foreign, large = (message(sender, sender, files=(b"noi dung",)) for _ in range(3))
        cases = {
            "valid": (signed(good, ROOT, NOW), d.SIGNATURE_RESULT_VALID, True, ""),
            "of nobody known": (signed(foreign, "Ai đó", NOW), d.SIGNATURE_RESULT_VALID, False, ""),
            "changed": (changed(sender.code), d.SIGNATURE_RESULT_INVALID, False, "SIGNATURE_MISMATCH"),
            "absent": (large, d.SIGNATURE_RESULT_ABSENT, False, ""),
            "too large": (
                signed(message(sender, sender, files=(bytes(30_000),)), ROOT, NOW),
                d.SIGNATURE_RESULT_NOT_CHECKED,
                False,
                "MESSAGE_TOO_LARGE",
            ),
        }
        for name, (data, result, trusted, detail) in cases.items():
            answer = await sender.take(data)
            kept = (await sender.document(answer.document.id)).edxml.signature
            assert kept == answer.signature, name
            assert (kept.result, kept.certificate_trusted, kept.detail) == (result, trusted, detail), name
            if result in (d.SIGNATURE_RESULT_VALID, d.SIGNATURE_RESULT_INVALID):
                issuer = "Ai đó" if name == "of nobody known" else ROOT
                assert kept.certificate_sha256 == certificate("Người ký", issuer, NOW).fingerprint(SHA256())


def changed(code: str) -> bytes:
    return signed(message(code, code), ROOT, NOW).replace("V/v kết nối".encode(), "V/v ngắt nối".encode())
