"""What an agency installs: the client, signing, and the `lienthong` command."""

from grpckit.renewing import ClientTls
from grpckit.signing import Signer

from lienthong_sdk.client import Addresses, Lienthong
from lienthong_sdk.resending import resent

__all__ = ["Addresses", "ClientTls", "Lienthong", "Signer", "resent"]
