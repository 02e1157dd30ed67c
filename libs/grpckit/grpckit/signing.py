"""A system's key, and its signature of a call.

A call is signed with Ed25519 (RFC 8032) over the DSSE pre-authentication encoding of (payload type, raw request);
the payload type binds method, message type, key, time and a nonce, so none of them can be altered. Four entries of
call metadata carry what the server cannot know: `lienthong-key-id`, `lienthong-time` (RFC 3339, UTC, milliseconds),
`lienthong-nonce` (32 hexadecimal digits) and `lienthong-signature-bin` (64 bytes).

    KeyFileError            a key file that cannot be used; the message names the file and the remedy

Source: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

KEY_ID = "lienthong-key-id"
TIME = "lienthong-time"
NONCE = "lienthong-nonce"
SIGNATURE = "lienthong-signature-bin"
SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


class KeyFileError(ValueError):
    """A key file that cannot be used; the message names the file and the remedy, never the key."""


def key_id_of(system: str, public_key: bytes) -> str:
    """Name a key: the first 32 hexadecimal digits of SHA-256(system id || 0x00 || public key)."""
    return hashlib.sha256(system.encode() + b"\0" + public_key).hexdigest()[:32]


def payload_prefix(method: str, message: str) -> str:
    """Begin the payload type: what is the same in all calls of a method.

    `method` is the full RPC name with its leading slash, `message` the full name of the request's message.
    """
    return f"application/vnd.lienthong.call.v1+protobuf; method={method}; message={message}; key="


def payload_type(prefix: str, key_id: str, time: str, nonce: str) -> str:
    """Complete a payload type that `payload_prefix` began."""
    return f"{prefix}{key_id}; time={time}; nonce={nonce}"


def pre_authentication_encoding(kind: str, body: bytes) -> bytes:
    """Encode what is signed: DSSEv1 SP len(type) SP type SP len(body) SP body."""
    encoded = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(encoded), encoded, len(body), body)


def utc_now() -> datetime:
    """Tell the time; the default clock of servers and clients."""
    return datetime.now(UTC)


class Signer:
    """A system with its private key (the Ed25519 seed, 32 bytes)."""

    def __init__(self, system: str, private_key: bytes) -> None:
        if len(private_key) != SEED_BYTES:
            raise ValueError(f"an Ed25519 private key has {SEED_BYTES} bytes, not {len(private_key)}")
        self.system = system
        self.public_key, self._secret = crypto_sign_seed_keypair(private_key)
        self.key_id = key_id_of(system, self.public_key)

    def __repr__(self) -> str:
        return f"Signer(system={self.system!r}, key_id={self.key_id!r})"

    @classmethod
    def generate(cls, system: str) -> Signer:
        """Make a new key for a system."""
        return cls(system, os.urandom(SEED_BYTES))

    @classmethod
    def from_file(cls, path: Path | str) -> Signer:
        """Read a key file that `save` wrote; KeyFileError when it is open to others or is no key file.

        Another's file may be open to its group: a Secret that Kubernetes mounts is root's, and is read as its group.
        """
        path = Path(path)
        try:
            about, text = path.stat(), path.read_bytes()
        except OSError as error:
            raise KeyFileError(f"{path} cannot be read: {error.strerror}") from None
        if stat.S_IMODE(about.st_mode) & (0o077 if about.st_uid == os.geteuid() else 0o007):
            raise KeyFileError(f"{path} can be read by others than its owner: chmod 600 {path}")
        try:
            content = json.loads(text)
            signer = cls(content["system"], base64.b64decode(content["private_key"], validate=True))
        except (AttributeError, KeyError, TypeError, ValueError):  # not chained: it may repeat the content
            raise KeyFileError(f"{path} is no key file: JSON with system and private_key is expected") from None
        if content.get("key_id", signer.key_id) != signer.key_id:
            raise KeyFileError(f"{path}: key_id does not belong to this system and key; save the key again")
        return signer

    def save(self, path: Path | str) -> None:
        """Write a key file with mode 0600; KeyFileError when there is one already, for a key is never overwritten."""
        content = {
            "system": self.system,
            "key_id": self.key_id,
            "public_key": base64.b64encode(self.public_key).decode(),
            "private_key": base64.b64encode(self._secret[:SEED_BYTES]).decode(),
        }
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise KeyFileError(f"{path} cannot be written: {error.strerror}") from None
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=2)

    def sign(self, prefix: str, body: bytes, time: datetime, nonce: bytes) -> tuple[tuple[str, str | bytes], ...]:
        """Sign a call; return its metadata.

        `prefix` is the method's `payload_prefix`, `body` the raw request, `time` in UTC, `nonce` 16 random bytes.
        """
        moment = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        digits = nonce.hex()
        kind = payload_type(prefix, self.key_id, moment, digits)
        signed = crypto_sign(pre_authentication_encoding(kind, body), self._secret)
        return (
            (KEY_ID, self.key_id),
            (TIME, moment),
            (NONCE, digits),
            (SIGNATURE, signed[:SIGNATURE_BYTES]),
        )
