"""The digital signature of a message (chữ ký số): XML-DSig in the header, over the whole message.

Enveloped, exclusive C14N, RSA-SHA256 (W3C XML Signature 1.1). Only a signature over the root element is
accepted, in its one place, so nobody can wrap signed content in other content. Nothing outside the message is
ever fetched. The whole message is held in memory several times over: hence the limit.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from ..errors import CalendarError, MalformedMessageError, violation
from ..reasons import Reason
from .attachments import DiscardSink
from .limits import DEFAULT_LIMITS, MEBIBYTE
from .namespaces import DSIG, EDXML
from .scanner import Scanner
from .trust import is_trusted, is_valid_at

MAX_BYTES: Final = 16 * MEBIBYTE
_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED: Final = f"{DSIG}enveloped-signature"
_PLACE: Final = [f"{{{EDXML}}}{name}" for name in ("edXML", "edXMLEnvelope", "edXMLHeader", "DigitalSignature")]
_CONFIGURATION: Final = SignatureConfiguration(
    signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)

# signxml logs canonical content at DEBUG, and with it personal data.
logging.getLogger("signxml").setLevel(logging.INFO)


class SignatureState(StrEnum):
    """What is known of the signature of a message."""

    ABSENT = "ABSENT"
    VALID = "VALID"
    INVALID = "INVALID"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """The outcome of a check.

    `reason` says why it is INVALID or NOT_CHECKED. `subject` (RFC 4514) and `fingerprint` (SHA-256, 32 bytes)
    are of the signer's certificate, empty where there is none. `trusted` tells that the certificate leads to one
    of the given authorities: a VALID signature of an unknown one proves only that nothing changed since.
    """

    state: SignatureState
    reason: Reason | None = None
    subject: str = ""
    fingerprint: bytes = b""
    trusted: bool = False


def verify(
    file: BinaryIO, *, at: datetime, trusted: Sequence[x509.Certificate] = (), max_bytes: int = MAX_BYTES
) -> SignatureResult:
    """Check the signature of the message in a seekable file, certificates as of `at` (with a zone).

    Raises `MalformedMessageError`, `LimitExceededError` as reading does, `CalendarError` TIME_WITHOUT_ZONE.
    """
    if at.tzinfo is None:
        raise CalendarError(violation("at", Reason.TIME_WITHOUT_ZONE))
    file.seek(0)
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        return SignatureResult(SignatureState.NOT_CHECKED, Reason.MESSAGE_TOO_LARGE)
    root = _parse(data)
    signatures = list(root.iter(f"{{{DSIG}}}Signature"))
    if not signatures:
        return SignatureResult(SignatureState.ABSENT)
    reason = _wrapped(signatures)
    if reason:
        return SignatureResult(SignatureState.INVALID, reason)
    return _verify(root, signatures[0], at, trusted)


def sign(document: bytes, *, key: RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    """Return the message with a signature in its empty `DigitalSignature`: for tools and test data.

    Raises `MalformedMessageError` where there is no such place.
    """
    root = _parse(document)
    place = root.find("e:edXMLEnvelope/e:edXMLHeader/e:DigitalSignature", {"e": EDXML})
    if place is None or len(place):
        raise MalformedMessageError(violation("DigitalSignature", Reason.SIGNATURE_MISPLACED))
    etree.SubElement(place, f"{{{DSIG}}}Signature", {"Id": "placeholder"}, {"ds": DSIG})
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signed = signer.sign(root, key=key, cert=[certificate], reference_uri=None)
    return etree.tostring(signed, xml_declaration=True, encoding="utf-8")


def _parser() -> etree.XMLParser:
    """Build a parser that fetches and expands nothing; `huge_tree` because the size is limited before."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, encoding="utf-8")


def _parse(data: bytes) -> etree._Element:
    """Parse what the scanner lets pass: no entity reaches libxml2, and what is checked is what is read."""
    scanner = Scanner(DiscardSink(), DEFAULT_LIMITS)
    scanner.feed(data)
    scanner.close()
    try:
        return etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        position = {"line": error.lineno or 0, "column": error.offset or 0}
        raise MalformedMessageError(violation("", Reason.NOT_WELL_FORMED, **position)) from None


def _wrapped(signatures: list[etree._Element]) -> Reason | None:
    """Say what is wrong with place, coverage or algorithms of the signature; None where nothing is."""
    if len(signatures) > 1:
        return Reason.SIGNATURE_MULTIPLE
    signature = signatures[0]
    if [element.tag for element in reversed(list(signature.iterancestors()))] != _PLACE:
        return Reason.SIGNATURE_MISPLACED
    references = signature.findall("d:SignedInfo/d:Reference", {"d": DSIG})
    if len(references) != 1 or references[0].get("URI") != "":
        return Reason.SIGNATURE_COVERAGE
    transforms = _algorithms(references[0], "d:Transforms/d:Transform")
    method = _algorithms(signature, "d:SignedInfo/d:CanonicalizationMethod")
    if _ENVELOPED not in transforms:
        return Reason.SIGNATURE_COVERAGE
    if transforms != [_ENVELOPED, _EXCLUSIVE] or method != [_EXCLUSIVE]:
        return Reason.SIGNATURE_ALGORITHM
    return None


def _algorithms(element: etree._Element, path: str) -> list[str | None]:
    return [child.get("Algorithm") for child in element.findall(path, {"d": DSIG})]


def _verify(
    root: etree._Element, signature: etree._Element, at: datetime, trusted: Sequence[x509.Certificate]
) -> SignatureResult:
    try:
        certificates = _certificates(signature)
        signer = certificates[0]
        subject, fingerprint = signer.subject.rfc4514_string(), signer.fingerprint(SHA256())
        signer.public_key()
    except Exception:  # noqa: BLE001 - a hostile certificate makes cryptography raise half a dozen kinds
        return SignatureResult(SignatureState.INVALID, Reason.SIGNATURE_CERTIFICATE)
    reason = _mismatch(root, signer, at)
    if reason:
        return SignatureResult(SignatureState.INVALID, reason, subject, fingerprint)
    known = is_trusted(certificates, trusted, at)
    return SignatureResult(SignatureState.VALID, None, subject, fingerprint, known)


def _certificates(signature: etree._Element) -> list[x509.Certificate]:
    texts = signature.findall("d:KeyInfo/d:X509Data/d:X509Certificate", {"d": DSIG})
    pem = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
    return [x509.load_pem_x509_certificate(pem.format((one.text or "").strip()).encode()) for one in texts]


def _mismatch(root: etree._Element, signer: x509.Certificate, at: datetime) -> Reason | None:
    if not is_valid_at(signer, at):
        return Reason.SIGNATURE_CERTIFICATE
    configuration = replace(_CONFIGURATION, verification_time=at)
    try:
        XMLVerifier().verify(root, x509_cert=signer, parser=_parser(), expect_config=configuration)
    except Exception:  # noqa: BLE001 - signxml raises whatever hostile input makes it stumble over
        return Reason.SIGNATURE_MISMATCH
    return None
