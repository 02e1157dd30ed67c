from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from decider.refusal import Kind, Refusal
from grpckit.binding import check_bound
from grpckit.specification import Authority
from grpckit.tls import ClientTls, TlsSettings

DNS, URI = "h41-qlvb.example.vn", "spiffe://lienthong/H41/qlvb"


class Office:
    """A server's settings and clients with certificates of whatever names, all of one authority."""

    def __init__(self, folder: Path) -> None:
        self._authority = Authority()
        self._folder = folder
        self._ca = self._authority.save(folder / "ca.crt")
        certificate, key = self._authority.issue().save(folder)
        self.settings = TlsSettings(certificate=certificate, key=key, client_ca=self._ca)

    def client(self, *names: str) -> ClientTls:
        folder = self._folder / names[0].replace("/", "_")
        folder.mkdir()
        return ClientTls(self._ca, *self._authority.issue(*names).save(folder))

    @property
    def without_certificate(self) -> ClientTls:
        return ClientTls(self._ca)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_a_bound_system_calls_with_one_of_its_names(world: Any, office: Office) -> None:
    world.keys.enrol(world.signer, certificate_names=frozenset({DNS, URI}))
    async with world.serving(tls=office.settings.open()):
        assert await world.call(tls=office.client("khac.example.vn", DNS.upper()))
        assert await world.call(tls=office.client(URI))
        async with world.connect(tls=office.client("ba.example.vn", URI, DNS)) as channel:
            assert await world.stub(channel).Echo(world.request())


async def test_a_bound_system_is_refused_over_anothers_connection(world: Any, office: Office) -> None:
    world.keys.enrol(world.signer, certificate_names=frozenset({DNS}))
    async with world.serving(tls=office.settings.open()):
        refusal = await world.refusal(tls=office.client("h42-qlvb.example.vn"))
    assert (refusal.kind, refusal.reason) == (Kind.UNAUTHENTICATED, "CERTIFICATE_NOT_BOUND")
    assert "other names" in refusal.en
    assert "tên khác" in refusal.vi
    assert refusal.metadata == {"certificate_names": DNS}
    assert [each.reason for each in world.refused] == ["CERTIFICATE_NOT_BOUND"]


async def test_a_bound_system_is_refused_where_the_server_asks_for_no_certificate(world: Any, office: Office) -> None:
    world.keys.enrol(world.signer, certificate_names=frozenset({DNS}))
    async with world.serving(tls=office.settings.model_copy(update={"client_ca": None}).open()):
        for tls in (office.without_certificate, office.client(DNS)):
            refusal = await world.refusal(tls=tls)
            assert (refusal.reason, "showed no certificate" in refusal.en) == ("CERTIFICATE_NOT_BOUND", True)


async def test_a_bound_system_is_refused_without_tls_on_loopback_too(world: Any) -> None:
    world.keys.enrol(world.signer, certificate_names=frozenset({DNS}))
    async with world.serving():
        refusal = await world.refusal()
    assert (refusal.reason, "without TLS" in refusal.en) == ("CERTIFICATE_NOT_BOUND", True)


async def test_every_shape_of_call_is_held_to_the_binding(world: Any) -> None:
    world.keys.enrol(world.signer, certificate_names=frozenset({DNS}))
    async with world.serving(), world.connect() as channel:
        stub = world.stub(channel)
        for answers in (stub.Repeat(world.request()), stub.Chat([world.request()])):
            with pytest.raises(Refusal, match="CERTIFICATE_NOT_BOUND"):
                await anext(answers)
        with pytest.raises(Refusal, match="CERTIFICATE_NOT_BOUND"):
            await stub.Upload([world.request()])


async def test_who_does_not_hold_the_key_is_not_told_of_the_binding(world: Any) -> None:
    world.keys.enrol(world.signer, certificate_names=frozenset({DNS}))
    body = world.request().SerializeToString()
    async with world.serving():
        altered = world.signed("Echo", world.request("khác").SerializeToString())
        with pytest.raises(Exception, match="signature does not fit"):
            await world.raw("Echo", body, altered)


async def test_a_system_without_names_calls_over_any_connection(world: Any, office: Office) -> None:
    async with world.serving(tls=office.settings.open()):
        assert await world.call(tls=office.client("khac.example.vn"))


@pytest.mark.parametrize(
    "peer",
    [
        {"peer_dns": [URI.encode()]},
        {"peer_uri": [DNS.encode()]},
        {"x509_common_name": [DNS.encode()], "x509_subject_alternative_name": [DNS.encode(), URI.encode()]},
        {"peer_email": [DNS.encode()], "peer_dns": [b"*.example.vn", b"\xff"], "peer_uri": [URI.lower().encode()]},
    ],
)
def test_a_name_of_one_kind_does_not_stand_for_another(peer: dict[str, list[bytes]]) -> None:
    with pytest.raises(Refusal, match="CERTIFICATE_NOT_BOUND"):
        check_bound(frozenset({DNS, URI}), {"transport_security_type": [b"ssl"], **peer})
