"""Signatures: valid, absent, broken, wrapped, untrusted."""

import io
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from vietnam.edxml import DiscardSink, DocumentMessage, read
from vietnam.edxml.namespaces import DSIG
from vietnam.edxml.signature import SignatureResult, SignatureState, sign, verify
from vietnam.errors import CalendarError, EdxmlError, MalformedMessageError
from vietnam.reasons import Reason

from .messages import TODAY, document, sample

NOW = datetime(2026, 3, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


@cache
def _key(owner: str) -> rsa.RSAPrivateKey:
    del owner
    return rsa.generate_private_key(65537, 2048)


@cache
def _certificate(owner: str, issuer: str) -> x509.Certificate:
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (owner, issuer)]
    authority = owner == issuer
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(_key(owner).public_key())
        .serial_number(7 if authority else 8)
        .not_valid_before(NOW - YEAR)
        .not_valid_after(NOW + YEAR)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(_key(issuer), SHA256())
    )


ROOT = "Chứng thực quốc gia"
SIGNER = "Văn phòng Chính phủ"


@cache
def _signed() -> bytes:
    return sign(sample(), key=_key(SIGNER), certificate=_certificate(SIGNER, ROOT))


def _verify(data: bytes, *, authority: str | None = ROOT, at: datetime = NOW) -> SignatureResult:
    trusted = [_certificate(authority, authority)] if authority else []
    return verify(io.BytesIO(data), at=at, trusted=trusted)


def _changed(old: bytes, new: bytes) -> bytes:
    assert old in _signed()
    return _signed().replace(old, new)


def test_a_signed_message_verifies_and_reads_as_before() -> None:
    certificate = _certificate(SIGNER, ROOT)
    assert _verify(_signed()) == SignatureResult(
        SignatureState.VALID, None, f"CN={SIGNER}", certificate.fingerprint(SHA256()), trusted=True
    )
    message = read([_signed()], DiscardSink(), today=TODAY)
    assert isinstance(message, DocumentMessage)
    assert message == document()
    assert message.has_signature


@pytest.mark.parametrize("authority", [None, "Someone else"])
def test_a_signature_of_an_unknown_authority_is_valid_but_not_trusted(authority: str | None) -> None:
    result = _verify(_signed(), authority=authority)
    assert (result.state, result.trusted) == (SignatureState.VALID, False)


def test_a_certificate_may_be_trusted_itself() -> None:
    result = verify(io.BytesIO(_signed()), at=NOW, trusted=[_certificate(SIGNER, ROOT)])
    assert result.trusted


def test_an_unsigned_message_has_no_signature() -> None:
    assert _verify(sample()).state is SignatureState.ABSENT


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b">7816<", b">7817<", Reason.SIGNATURE_MISMATCH),
        (b"<ContentTransferEncoded>", b"<ContentTransferEncoded>AAAA", Reason.SIGNATURE_MISMATCH),
        (b"</edXML>", b"<Extra/></edXML>", Reason.SIGNATURE_MISMATCH),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA", Reason.SIGNATURE_MISMATCH),
        (b"rsa-sha256", b"rsa-sha1", Reason.SIGNATURE_MISMATCH),
        (b'URI=""', b'URI="#part"', Reason.SIGNATURE_COVERAGE),
        (b'URI=""', b'URI="http://example.invalid/"', Reason.SIGNATURE_COVERAGE),
        (b"enveloped-signature", b"base64", Reason.SIGNATURE_COVERAGE),
        (b"xml-exc-c14n#", b"xml-exc-c14n#WithComments", Reason.SIGNATURE_ALGORITHM),
        (b"<ds:X509Certificate>MII", b"<ds:X509Certificate>MIX", Reason.SIGNATURE_CERTIFICATE),
        (b"ds:X509Certificate", b"ds:X509CRL", Reason.SIGNATURE_CERTIFICATE),
    ],
)
def test_a_changed_message_is_invalid(old: bytes, new: bytes, reason: Reason) -> None:
    result = _verify(_changed(old, new))
    assert (result.state, result.reason) == (SignatureState.INVALID, reason)


def test_a_signature_wrapped_away_from_its_place_is_invalid() -> None:
    root = etree.fromstring(_signed())
    signature = root.find(f".//{{{DSIG}}}Signature")
    assert signature is not None
    root.append(signature)
    with pytest.raises(MalformedMessageError):
        _verify(etree.tostring(root))


def test_a_second_signature_is_invalid() -> None:
    root = etree.fromstring(_signed())
    signature = root.find(f".//{{{DSIG}}}Signature")
    assert signature is not None
    etree.SubElement(signature, f"{{{DSIG}}}Object").append(etree.fromstring(etree.tostring(signature)))
    assert _verify(etree.tostring(root)).reason is Reason.SIGNATURE_MULTIPLE


def test_a_signature_inside_something_else_in_its_place_is_invalid() -> None:
    data = _changed(b"<ds:Signature ", b'<x xmlns="urn:x"><ds:Signature ')
    data = data.replace(b"</ds:Signature>", b"</ds:Signature></x>")
    assert _verify(data).reason is Reason.SIGNATURE_MISPLACED


@pytest.mark.parametrize("at", [NOW - 2 * YEAR, NOW + 2 * YEAR])
def test_the_certificate_must_be_valid_at_that_time(at: datetime) -> None:
    result = _verify(_signed(), at=at)
    assert (result.state, result.reason) == (SignatureState.INVALID, Reason.SIGNATURE_CERTIFICATE)


def test_a_large_message_is_not_checked() -> None:
    result = verify(io.BytesIO(_signed()), at=NOW, max_bytes=1000)
    assert (result.state, result.reason) == (SignatureState.NOT_CHECKED, Reason.MESSAGE_TOO_LARGE)


def test_entities_never_reach_the_tree() -> None:
    bomb = b'<!DOCTYPE edXML [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><edXML xmlns'
    with pytest.raises(MalformedMessageError) as refusal:
        _verify(_changed(b"<edXML xmlns", bomb))
    assert refusal.value.reason is Reason.DTD_FORBIDDEN


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_mutated_signature_never_vouches_for_another_message(chance: random.Random, cuts: int) -> None:
    data = bytearray(_signed())
    start = data.index(b"<ds:Signature ") if chance.random() < 0.7 else 0
    for _ in range(cuts):
        at = chance.randrange(start, len(data))
        data[at : at + chance.randrange(3)] = bytes([chance.randrange(32, 127)])
    with suppress(EdxmlError):
        if _verify(bytes(data)).state is SignatureState.VALID:
            assert read([bytes(data)], DiscardSink(), today=TODAY) == document()


def test_signing_needs_the_empty_place() -> None:
    with pytest.raises(MalformedMessageError):
        sign(_signed(), key=_key(SIGNER), certificate=_certificate(SIGNER, ROOT))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(CalendarError):
        _verify(_signed(), at=NOW.replace(tzinfo=None))
