"""What values in a request must be before anything is decided: agency codes, public keys, certificates' names. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nacl.bindings import crypto_core_ed25519_is_valid_point
from vietnam import agency_code
from vietnam.errors import AgencyCodeError

from identity_service.reason import Reason, refused

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from lienthong.identity.v1 import system_service_pb2 as requests

# RFC 1123, section 2.1, and RFC 3986, section 3: no wildcard, which would name nobody in particular
_DNS_NAME = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII
)
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+", re.ASCII)


def keep_current_codes(request: Message, *fields: str) -> None:
    """Put the current form of the agency codes in these fields into the request; an empty field stays empty.

    Refusal AGENCY_CODE_MALFORMED. Source: QĐ 20/2020/QĐ-TTg, QCVN 102:2016/BTTTT.
    """
    for field in fields:
        text: str = getattr(request, field)
        if not text:
            continue
        try:
            setattr(request, field, agency_code.parse(text).current)
        except AgencyCodeError as error:
            wrong = refused(Reason.AGENCY_CODE_MALFORMED, field, en=error.message_en, vi=error.message_vi)
            raise wrong from None


def check_public_key(public_key: bytes) -> None:
    """Refuse what is no Ed25519 public key: not on the curve, not canonical, or of small order, such as all zeros."""
    if not crypto_core_ed25519_is_valid_point(public_key):
        raise refused(Reason.PUBLIC_KEY_INVALID, "public_key")


def keep_certificate_names(request: requests.EnrolSystemRequest | requests.ChangeSystemCertificatesRequest) -> None:
    """Put the names into the request as they are kept: DNS names in lower case, in order, each once.

    Refusal CERTIFICATE_NAME_MALFORMED for what is neither a DNS name nor a URI.
    """
    names = {name if ":" in name else name.lower() for name in request.certificate_names}
    if not all((_URI if ":" in name else _DNS_NAME).fullmatch(name) for name in names):
        raise refused(Reason.CERTIFICATE_NAME_MALFORMED, "certificate_names")
    request.certificate_names[:] = sorted(names)
