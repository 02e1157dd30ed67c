"""The server's side of a call's signature.

Refused, each with its stable reason:

    SIGNATURE_MISSING    no signature where the method asks for one
    SIGNATURE_MALFORMED  metadata that no signer makes; names the entry
    CLOCK_OFF            signed more than the tolerance before or after the server's time; tells both
    KEY_UNKNOWN          no system is enrolled with the key
    SIGNATURE_WRONG      body, method, message, key, time or nonce is not what was signed
    KEY_REVOKED          the key was revoked
    KEY_EXPIRED          signed after the key's end
    SYSTEM_SUSPENDED     the system was suspended
    AGENCY_SUSPENDED     its agency was suspended
    CALL_REPLAYED        the same signature was taken before
    TOO_MANY_CALLS       more calls within the tolerance than can be remembered

What depends on the enrolment is told only to a caller who has proved to hold the key. A replay is known to the
process that took the call, not to its replicas: a command that reaches two of them is made once by its request id.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from decider.refusal import Kind, Refusal
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from grpckit.signing import (
    KEY_ID,
    NONCE,
    SIGNATURE,
    SIGNATURE_BYTES,
    TIME,
    payload_type,
    pre_authentication_encoding,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lienthong.identity.v1.system_pb2 import SystemRole

_HEX32 = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class EnrolledKey:
    """A public key with what its system may do, as the directory knows it."""

    key_id: str
    public_key: bytes  # Ed25519, 32 bytes
    system: str
    agency: str  # code; empty for the operator and for auditors
    role: SystemRole.ValueType
    scopes: frozenset[str]
    valid_until: datetime | None  # calls signed later are refused; None while no end is set
    revoked: bool
    system_active: bool
    agency_active: bool
    certificate_names: frozenset[str] = (
        frozenset()
    )  # calls must come over a certificate with one; empty: any connection


class Keys(Protocol):
    """Where the server looks keys up. Called for every signed call: it must not block."""

    def find(self, key_id: str) -> EnrolledKey | None:
        """Return the key as it is enrolled now; None when it never was."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a call's metadata says about its signature; not verified."""

    key_id: str
    time: str
    moment: datetime
    nonce: str
    signature: bytes
    received: datetime  # by the server's clock


class Verifier:
    """Verifies calls; remembers the signatures it took until their time is out of tolerance."""

    def __init__(self, clock: Callable[[], datetime], tolerance: timedelta, remembered: int) -> None:
        self._clock = clock
        self._tolerance = tolerance
        self._seen = SeenSignatures(remembered)

    def read(self, metadata: Mapping[str, str | bytes]) -> Signed:
        """Read the four entries of metadata; refuses what is missing, malformed or off in time."""
        if SIGNATURE not in metadata and KEY_ID not in metadata:
            raise Refusal(
                Kind.UNAUTHENTICATED,
                "SIGNATURE_MISSING",
                en="This method takes only signed calls; sign with the key of an enrolled system.",
                vi="Phương thức này chỉ nhận lời gọi có chữ ký; hãy ký bằng khóa của hệ thống đã đăng ký.",
            )
        time = _matching(metadata, TIME, _MOMENT)
        try:
            moment = datetime.fromisoformat(time)
        except ValueError:
            raise _malformed(TIME) from None
        signature = metadata.get(SIGNATURE)
        if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
            raise _malformed(SIGNATURE)
        key_id, nonce = _matching(metadata, KEY_ID, _HEX32), _matching(metadata, NONCE, _HEX32)
        now = self._clock()
        if abs(moment - now) > self._tolerance:
            raise self._clock_off(moment, now)
        return Signed(key_id, time, moment, nonce, signature, now)

    def verify(self, signed: Signed, key: EnrolledKey, prefix: str, body: bytes) -> str:
        """Verify a call whose method has the payload prefix given; return its payload type."""
        kind = payload_type(prefix, signed.key_id, signed.time, signed.nonce)
        try:
            crypto_sign_open(signed.signature + pre_authentication_encoding(kind, body), key.public_key)
        except BadSignatureError:
            raise Refusal(
                Kind.UNAUTHENTICATED,
                "SIGNATURE_WRONG",
                en="The signature does not fit the call; sign the bytes that are sent, for this method.",
                vi="Chữ ký không khớp với lời gọi; hãy ký đúng dữ liệu được gửi, cho đúng phương thức này.",
            ) from None
        _check_enrolment(signed, key)
        self._seen.add(signed.signature, signed.moment + self._tolerance, signed.received)
        return kind

    def _clock_off(self, moment: datetime, now: datetime) -> Refusal:
        off = (moment - now).total_seconds()
        limit = self._tolerance.total_seconds()
        server_time = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Refusal(
            Kind.UNAUTHENTICATED,
            "CLOCK_OFF",
            en=f"The call was signed {abs(off):.1f} s {'after' if off > 0 else 'before'} the server's time, "
            f"{server_time}; at most {limit:g} s are allowed. Set the system's clock.",
            vi=f"Lời gọi được ký {'sau' if off > 0 else 'trước'} giờ máy chủ {abs(off):.1f} giây ({server_time}); "
            f"cho phép nhiều nhất {limit:g} giây. Hãy chỉnh lại đồng hồ của hệ thống.",
            metadata={"server_time": server_time, "difference_seconds": f"{off:.3f}"},
        )


class SeenSignatures:
    """The signatures taken, each until it is out of tolerance; at most `limit`, none is forgotten early."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[bytes] = set()
        self._ends: deque[tuple[datetime, bytes]] = deque()

    def add(self, signature: bytes, until: datetime, now: datetime) -> None:
        """Remember a signature; refuses one that is known, and any while too many are."""
        ends, known = self._ends, self._known
        while ends and ends[0][0] < now:
            known.discard(ends.popleft()[1])
        if signature in known:
            raise Refusal(
                Kind.UNAUTHENTICATED,
                "CALL_REPLAYED",
                en="This very call was taken before; sign each try anew.",
                vi="Lời gọi này đã được tiếp nhận trước đó; mỗi lần gọi lại phải ký lại.",
            )
        if len(known) >= self._limit:
            raise Refusal(
                Kind.BUSY,
                "TOO_MANY_CALLS",
                en="The server takes more calls than it can guard against replay; come back later.",
                vi="Máy chủ đang nhận quá nhiều lời gọi; vui lòng thử lại sau.",
                retry_after=max(ends[0][0] - now, timedelta(seconds=1)),
            )
        known.add(signature)
        ends.append((until, signature))


def key_unknown() -> Refusal:
    """Make the refusal of a key that nobody enrolled."""
    return Refusal(
        Kind.UNAUTHENTICATED,
        "KEY_UNKNOWN",
        en="No system is enrolled with this key; enrol it, or use the key that is.",
        vi="Chưa có hệ thống nào đăng ký khóa này; hãy đăng ký khóa hoặc dùng khóa đã đăng ký.",
    )


def _check_enrolment(signed: Signed, key: EnrolledKey) -> None:
    if key.revoked:
        raise Refusal(
            Kind.UNAUTHENTICATED,
            "KEY_REVOKED",
            en="The key was revoked; use another key of the system.",
            vi="Khóa đã bị thu hồi; hãy dùng khóa khác của hệ thống.",
        )
    if key.valid_until is not None and signed.moment > key.valid_until:
        raise Refusal(
            Kind.UNAUTHENTICATED,
            "KEY_EXPIRED",
            en="The key's time is over; use the system's new key.",
            vi="Khóa đã hết hạn; hãy dùng khóa mới của hệ thống.",
        )
    if not key.system_active:
        raise Refusal(
            Kind.FORBIDDEN,
            "SYSTEM_SUSPENDED",
            en="The system is suspended; ask the platform's operator.",
            vi="Hệ thống đang bị tạm ngừng; hãy liên hệ đơn vị vận hành nền tảng.",
        )
    if not key.agency_active:
        raise Refusal(
            Kind.FORBIDDEN,
            "AGENCY_SUSPENDED",
            en="The system's agency is suspended; ask the platform's operator.",
            vi="Cơ quan chủ quản của hệ thống đang bị tạm ngừng; hãy liên hệ đơn vị vận hành nền tảng.",
        )


def _matching(metadata: Mapping[str, str | bytes], name: str, form: re.Pattern[str]) -> str:
    value = metadata.get(name)
    if isinstance(value, str) and form.fullmatch(value):
        return value
    raise _malformed(name)


def _malformed(name: str) -> Refusal:
    return Refusal(
        Kind.UNAUTHENTICATED,
        "SIGNATURE_MALFORMED",
        en=f"The metadata entry {name} is missing or not in its form.",
        vi=f"Thông tin {name} trong siêu dữ liệu bị thiếu hoặc sai định dạng.",
        metadata={"entry": name},
    )
