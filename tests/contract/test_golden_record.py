"""A record's bytes are hashed and signed for ever: the same parts give the same bytes, today and tomorrow."""

from __future__ import annotations

import hashlib

import pytest
from eventlog import record as record_module
from eventlog.record import parse, prepare, seal
from lienthong.access.v1 import rule_pb2
from lienthong.identity.v1 import agency_pb2
from lienthong.log.v1 import record_pb2

_ID = "019b76da-a800-7abc-8def-0123456789ab"
_MICROS = 1_767_225_600_123_456  # 2026-01-01T00:00:00.123456Z
_ORIGIN = record_pb2.Origin(
    method="/lienthong.identity.v1.AgencyService/RegisterAgency",
    request_id="6f1c0c5e-7b0e-4c6f-9a53-0d4a3c1c1f10",
    agency="G22",
    system="g22-qlvb",
    assurance_level=rule_pb2.ASSURANCE_LEVEL_STRONGEST,
    signature=record_pb2.CallSignature(
        key_id="00112233445566778899aabbccddeeff",
        payload_type="application/vnd.lienthong",
        payload=b"\x0a\x03G22",
        signature=bytes(64),
    ),
)
_CAUSE = record_pb2.Cause(
    correlation_id="c0ffee",
    record_id=_ID,
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
_EVENT = agency_pb2.AgencyRegistered(code="G22.01", display_name="Văn phòng Chính phủ", parent="G22")
_GOLDEN = bytes.fromhex(
    "0a086964656e7469747910031829220d6167656e63792d4732322e30312807322430313962373664612d613830302d376162"
    "632d386465662d3031323334353637383961623a0b0880f2d6ca06108094ef3a42650a3a747970652e676f6f676c65617069"
    "732e636f6d2f6c69656e74686f6e672e6964656e746974792e76312e4167656e63795265676973746572656412270a064732"
    "322e3031121856c4836e207068c3b26e67204368c3ad6e68207068e1bba71a034732324af5010a332f6c69656e74686f6e67"
    "2e6964656e746974792e76312e4167656e6379536572766963652f52656769737465724167656e6379122436663163306335"
    "652d376230652d346336662d396135332d3064346133633163316631301a0347323222086732322d716c766238044286010a"
    "20303031313232333334343535363637373838393961616262636364646565666612196170706c69636174696f6e2f766e64"
    "2e6c69656e74686f6e671a050a03473232224000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000052670a0663306666656512243031396237"
    "3664612d613830302d376162632d386465662d3031323334353637383961621a3730302d3462663932663335373762333464"
    "6136613363653932396430653065343733362d303066303637616130626139303262372d3031"
)


def test_the_same_parts_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_module, "uuid7", lambda _: _ID)
    origin, cause = (part.SerializeToString(deterministic=True) for part in (_ORIGIN, _CAUSE))
    body = prepare("agency-G22.01", _EVENT, origin, cause)
    recorded = seal("identity", 3, 41, "agency-G22.01", 7, _MICROS, body)
    assert recorded.data.hex() == _GOLDEN.hex()


def test_the_leaf_hash_is_that_of_the_bytes() -> None:
    leaf = hashlib.sha256(b"\x00" + _GOLDEN).hexdigest()  # RFC 6962, section 2.1
    assert leaf == "5a1754cd42c5188e0af4fabc376c01338837c4c7f4278a7a989d1ad6877f86b0"


def test_the_golden_bytes_parse_to_their_fields() -> None:
    recorded = parse(_GOLDEN)
    assert (recorded.log, recorded.partition, recorded.position) == ("identity", 3, 41)
    assert (recorded.stream, recorded.version) == ("agency-G22.01", 7)
    assert recorded.type_name == "lienthong.identity.v1.AgencyRegistered"
    assert recorded.event == _EVENT
    assert (recorded.record.origin, recorded.record.cause, recorded.record.id) == (_ORIGIN, _CAUSE, _ID)
    assert recorded.record.recorded_at.ToMicroseconds() == _MICROS
    assert recorded.record.SerializeToString(deterministic=True) == _GOLDEN
