"""Whether a certificate leads to an authority that the operator trusts (RFC 5280 path validation)."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)


def is_valid_at(certificate: x509.Certificate, at: datetime) -> bool:
    """Tell whether `at` (with a zone) lies within the validity of the certificate."""
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def is_trusted(certificates: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], at: datetime) -> bool:
    """Tell whether the first certificate is trusted itself or leads to a trusted one, through the others."""
    leaf, *between = certificates
    if leaf in trusted:
        return True
    if not trusted:
        return False
    authority = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    policy = (
        PolicyBuilder()
        .store(Store(list(trusted)))
        .time(at)
        .extension_policies(ca_policy=authority, ee_policy=ExtensionPolicy.permit_all())
    )
    try:
        policy.build_client_verifier().verify(leaf, between)
    except (VerificationError, ValueError, UnsupportedAlgorithm):
        return False
    return True
