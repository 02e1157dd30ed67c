"""What values in a request must be before anything is decided: agency codes and public keys. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nacl.bindings import crypto_core_ed25519_is_valid_point
from vietnam import agency_code
from vietnam.errors import AgencyCodeError

from identity_service.reason import Reason, refused

if TYPE_CHECKING:
    from google.protobuf.message import Message


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
