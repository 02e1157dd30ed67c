"""A system may be bound to client certificates: its calls must then come over a connection that one of them opened.

Refused, with its stable reason:

    CERTIFICATE_NOT_BOUND   the connection's verified certificate has none of the names the system is bound to, or there
                            is none: no TLS, a server that asks for no certificate, a proxy that ended TLS before it

A name is a subject alternative name as TLS verified it: a DNS name, or a URI, which has a colon. The common name counts
for nothing. A name of the one kind never stands for the other, whatever an authority let through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from decider.refusal import Kind, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TRANSPORT, _TLS = "transport_security_type", b"ssl"  # of gRPC's auth context
_DNS, _URI = "peer_dns", "peer_uri"


def check_bound(names: frozenset[str], peer: Mapping[str, Iterable[bytes]]) -> None:
    """Refuse a call of a system bound to `names`, unless its connection's auth context `peer` shows one of them."""
    dns = frozenset(name for name in names if ":" not in name)
    shown_dns = frozenset(each.decode(errors="replace").lower() for each in peer.get(_DNS, ()))
    shown_uris = frozenset(each.decode(errors="replace") for each in peer.get(_URI, ()))
    if shown_dns & dns or shown_uris & (names - dns):
        return
    raise _not_bound(names, _found(peer, shown_dns | shown_uris))


def _found(peer: Mapping[str, Iterable[bytes]], shown: frozenset[str]) -> tuple[str, str]:
    if _TLS not in peer.get(_TRANSPORT, ()):
        return "it came without TLS", "lời gọi này không dùng TLS"
    if shown:
        return "its certificate has other names", "chứng thư của kết nối này có tên khác"
    return "its connection showed no certificate with a name", "kết nối này không xuất trình chứng thư có tên"


def _not_bound(names: frozenset[str], found: tuple[str, str]) -> Refusal:
    listed = ", ".join(sorted(names))
    english, vietnamese = found
    return Refusal(
        Kind.UNAUTHENTICATED,
        "CERTIFICATE_NOT_BOUND",
        en=f"The system's calls must come with a client certificate for {listed}, and {english}; "
        "connect to the service itself by mutual TLS, or ask the platform's operator to change the names.",
        vi=f"Lời gọi của hệ thống phải dùng chứng thư máy khách cho {listed}, nhưng {vietnamese}; "
        "hãy kết nối trực tiếp tới dịch vụ bằng TLS hai chiều hoặc đề nghị đơn vị vận hành thay đổi tên.",
        metadata={"certificate_names": listed},
    )
