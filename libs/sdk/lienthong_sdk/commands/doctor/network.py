"""From a service's address to its port: names, connections, certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from lienthong_sdk.commands.doctor.finding import Finding, fail, ok, skipped, warn

if TYPE_CHECKING:
    from grpckit.renewing import ClientTls

_SECONDS = 5.0
_SOON_DAYS = 14
_RENEW = "renew it: cert-manager does so by itself where it runs; see docs/operations/runbooks/certificate-ends.md"


def split_address(address: str) -> list[tuple[str, int]]:
    """Return hosts and ports of "host:port", "dns:///host:port" or "ipv4:host:port,host:port"; ValueError."""
    rest = address.removeprefix("ipv4:").removeprefix("ipv6:").removeprefix("dns:").rpartition("/")[2]
    parts = [each.rpartition(":") for each in rest.split(",")]
    return [(host.strip("[]"), int(port)) for host, _, port in parts]


def resolve(subject: str, address: str) -> tuple[list[Finding], list[tuple[str, str, int]]]:
    """Look an address up; return also, for each address found, the name that was asked for, the IP and the port."""
    findings, found = [], []
    try:
        places = split_address(address)
    except ValueError:
        return [fail(subject, "dns", f"{address} is no address", "give host:port, or dns:///host:port")], []
    for host, port in places:
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            findings.append(
                fail(
                    subject, "dns", f"{host}: {error.strerror or error}", "check the name, and the resolver or CoreDNS"
                )
            )
            continue
        ips = sorted({str(each[4][0]) for each in told})
        findings.append(ok(subject, "dns", f"{host} is {', '.join(ips)}"))
        found += [(host, ip, port) for ip in ips]
    return findings, found


def reach(subject: str, ip: str, port: int) -> Finding:
    """Open a connection."""
    try:
        socket.create_connection((ip, port), _SECONDS).close()
    except OSError as error:
        return fail(
            subject,
            "tcp",
            str(error.strerror or error),
            "is the service up? If it is: its port, its Service, the NetworkPolicy or firewall between",
        )
    return ok(subject, "tcp", "connects")


def secure(subject: str, host: str, ip: str, port: int, tls: ClientTls | None) -> Iterator[Finding]:
    """Shake hands: the server's chain, its name, and when its certificate ends."""
    if tls is None:
        yield skipped(subject, "tls", "--tls-ca; calls are not encrypted")
        return
    try:
        context = ssl.create_default_context(cafile=str(tls.ca))
        if tls.certificate and tls.key:
            context.load_cert_chain(tls.certificate, tls.key)
        context.set_alpn_protocols(["h2"])
        with (
            socket.create_connection((ip, port), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as s,
        ):
            version, certificate = s.version(), s.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        yield fail(
            subject, "tls", error.verify_message, f"the certificate must be in force, name {host}, and be of {tls.ca}"
        )
        return
    except (OSError, ssl.SSLError) as error:
        yield fail(
            subject,
            "tls",
            str(getattr(error, "reason", None) or error),
            "does the service have LIENTHONG_TLS_CERTIFICATE? Does it ask for a client's (--tls-certificate)?",
        )
        return
    yield ok(subject, "tls", f"{version}, chain and name are right")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    yield certificate_ends(subject, ends, datetime.now(UTC))


def own_certificate(tls: ClientTls | None) -> Iterator[Finding]:
    """Look at the client's own certificate."""
    if tls is None or tls.certificate is None:
        return
    try:
        certificate = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
    except (OSError, ValueError) as error:
        yield fail("our certificate", "tls", f"{tls.certificate}: {error}", "name a PEM file with --tls-certificate")
        return
    yield certificate_ends("our certificate", certificate.not_valid_after_utc, datetime.now(UTC))


def certificate_ends(subject: str, ends: datetime, now: datetime) -> Finding:
    """Judge when a certificate ends."""
    days = (ends - now).days
    told = f"{ends:%Y-%m-%d}, in {days} days"
    if ends <= now:
        return fail(subject, "certificate", f"ended on {ends:%Y-%m-%d}", _RENEW)
    if days < _SOON_DAYS:
        return warn(subject, "certificate", f"ends on {told}", _RENEW)
    return ok(subject, "certificate", f"ends on {told}")
