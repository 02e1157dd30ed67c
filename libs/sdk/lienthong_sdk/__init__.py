"""What an agency installs: the client, signing, and the `lienthong` command."""

from grpckit.signing import Signer

from lienthong_sdk.client import Addresses, Lienthong

__all__ = ["Addresses", "Lienthong", "Signer"]
