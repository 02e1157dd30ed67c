from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from grpckit.retries import NO_RETRIES
from grpckit.server import PlaintextRefused, Server, ServerSettings
from grpckit.specification import Authority, Issued, Mounted
from grpckit.tls import ClientTls, ServerTls, TlsFileError, TlsSettings, observed_certificates
from pydantic import ValidationError

CLIENT = "h41-qlvb.example.vn"


class Office:
    """One authority for a server's folder and a client's, each mounted as Kubernetes does."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.server, self.client = Mounted(folder / "server"), Mounted(folder / "client")
        self.server.put(self.authority.issue(), self.authority)
        self.client.put(self.authority.issue(CLIENT), self.authority)

    @property
    def settings(self) -> TlsSettings:
        """Mutual TLS."""
        folder = self.server.folder
        return TlsSettings(certificate=folder / "tls.crt", key=folder / "tls.key", client_ca=folder / "ca.crt")

    @property
    def tls(self) -> ClientTls:
        """A client with its certificate."""
        folder = self.client.folder
        return ClientTls(folder / "ca.crt", folder / "tls.crt", folder / "tls.key")

    @property
    def without_certificate(self) -> ClientTls:
        """A client that trusts the authority and shows nothing."""
        return ClientTls(self.client.folder / "ca.crt")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


class Slow:
    """An answer that waits to be let go."""

    def __init__(self, world: Any) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self._world = world

    async def __call__(self, request: Any) -> Any:
        self.begun.set()
        await self.go.wait()
        return self._world.messages.EchoResponse(text=request.text)


def serial(issued: Issued) -> int:
    return x509.load_pem_x509_certificate(issued.certificate).serial_number


async def shown(world: Any, office: Office) -> int:
    """Return the serial number of the certificate that the server shows to a new connection."""
    folder = office.client.folder
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection("127.0.0.1", world.server.port, ssl=context)
    found = writer.get_extra_info("ssl_object")
    assert found.version() == "TLSv1.3"
    writer.close()
    return x509.load_der_x509_certificate(found.getpeercert(binary_form=True)).serial_number


async def refused(world: Any, **options: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.call(retries=NO_RETRIES, timeout=2, **options)
    return caught.value.code()


async def test_both_sides_prove_themselves_over_mutual_tls(world: Any, office: Office) -> None:
    async with world.serving(tls=office.settings.open()):
        assert (await world.call(tls=office.tls)).system == "h41-qlvb"


async def test_who_shows_no_certificate_or_a_strangers_is_not_let_in(
    world: Any, office: Office, tmp_path: Path
) -> None:
    stranger = Mounted(tmp_path / "stranger")
    stranger.put(Authority().issue(CLIENT), office.authority)
    tls = ClientTls(*(stranger.folder / name for name in ("ca.crt", "tls.crt", "tls.key")))
    async with world.serving(tls=office.settings.open()):
        assert await refused(world, tls=office.without_certificate) is grpc.StatusCode.UNAVAILABLE
        assert await refused(world, tls=tls) is grpc.StatusCode.UNAVAILABLE
        assert await refused(world) is grpc.StatusCode.UNAVAILABLE  # in plaintext


async def test_a_server_without_a_client_authority_asks_for_no_certificate(world: Any, office: Office) -> None:
    async with world.serving(tls=office.settings.model_copy(update={"client_ca": None}).open()):
        assert await world.call(tls=office.without_certificate)


async def test_a_client_does_not_talk_to_a_server_of_another_authority(world: Any, office: Office) -> None:
    office.client.put(office.authority.issue(CLIENT), Authority())
    async with world.serving(tls=office.settings.open()):
        assert await refused(world, tls=office.tls) is grpc.StatusCode.UNAVAILABLE


async def test_one_replica_is_dialled_by_its_address_under_the_name_of_the_service(world: Any, office: Office) -> None:
    office.server.put(office.authority.issue("identity.lienthong"), office.authority)
    async with world.serving(tls=office.settings.open()):
        assert await world.call(tls=office.tls, server_name="identity.lienthong")
        assert await refused(world, tls=office.tls, server_name="docexchange.lienthong") is grpc.StatusCode.UNAVAILABLE
        assert await refused(world, tls=office.tls) is grpc.StatusCode.UNAVAILABLE


async def test_less_than_tls_1_2_is_not_spoken(world: Any, office: Office) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str(office.client.folder / "ca.crt"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with world.serving(tls=office.settings.model_copy(update={"client_ca": None}).open()):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", world.server.port, ssl=context)


async def test_a_renewed_certificate_is_shown_without_a_restart_and_streams_go_on(world: Any, office: Office) -> None:
    go_on, renewed = asyncio.Event(), office.authority.issue()

    async def repeat(request: Any, context: Any) -> Any:
        del context
        yield world.messages.EchoResponse(text=request.text)
        await go_on.wait()
        yield world.messages.EchoResponse(text="hết")

    world.servicer.Repeat = repeat
    async with world.serving(tls=office.settings.open()), world.connect(tls=office.tls) as channel:
        answers = world.stub(channel).Repeat(world.request("đầu"))
        assert (await anext(answers)).text == "đầu"
        before = await shown(world, office)
        office.server.put(renewed, office.authority)
        assert before != await shown(world, office) == serial(renewed)
        go_on.set()
        assert [each.text async for each in answers] == ["hết"]


async def test_the_authority_of_clients_is_renewed_too(world: Any, office: Office) -> None:
    following = Authority("the next one")
    async with world.serving(tls=office.settings.open()):
        await world.call(tls=office.tls)
        office.server.put(office.authority.issue(), following)
        assert await refused(world, tls=office.tls) is grpc.StatusCode.UNAVAILABLE
        office.client.put(following.issue(CLIENT), office.authority)
        assert await world.call(tls=office.tls)


def halved(issued: Issued, authority: Authority) -> Issued:
    del authority
    return Issued(issued.certificate[: len(issued.certificate) // 2], issued.key)


def with_another_key(issued: Issued, authority: Authority) -> Issued:
    return Issued(issued.certificate, authority.issue().key)


def without_a_key(issued: Issued, authority: Authority) -> Issued:
    del authority
    return Issued(issued.certificate, b"")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (halved, "no whole PEM certificate"),
        (with_another_key, "not the key of"),
        (without_a_key, "no whole PEM private"),
    ],
)
async def test_what_cannot_be_used_does_not_replace_what_can_and_is_told_once(
    world: Any,
    office: Office,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Issued, Authority], Issued],
    told: str,
) -> None:
    renewed = office.authority.issue()
    async with world.serving(tls=office.settings.open()):
        good = await shown(world, office)
        office.server.put(spoil(renewed, office.authority), office.authority)
        assert [await shown(world, office) for _ in range(3)] == [good] * 3
        (warning,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
        assert told in warning.getMessage()
        assert str(office.server.folder) in warning.getMessage()
        office.server.put(renewed, office.authority)
        assert await shown(world, office) == serial(renewed)


async def test_files_written_one_after_the_other_are_taken_when_they_fit(world: Any, tmp_path: Path) -> None:
    office, renewed = Office(tmp_path), None
    certificate, key = office.authority.issue().save(tmp_path)
    async with world.serving(tls=TlsSettings(certificate=certificate, key=key).open()):
        before = await shown(world, office)
        renewed = office.authority.issue()
        certificate.write_bytes(renewed.certificate)
        assert await shown(world, office) == before
        key.write_bytes(renewed.key)
        assert await shown(world, office) == serial(renewed)


async def test_a_client_uses_its_renewed_certificate_for_the_next_call(world: Any, office: Office) -> None:
    named: list[bytes] = []
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def echo(request: Any, context: Any) -> Any:
        named.extend(context.auth_context()["peer_dns"])
        if request.text == "chờ":
            waiting.set()
            await go_on.wait()
        return world.messages.EchoResponse(text=request.text)

    world.servicer.Echo = echo
    async with world.serving(tls=office.settings.open()), world.connect(tls=office.tls) as channel:
        stub = world.stub(channel)
        await stub.Echo(world.request())
        long = asyncio.ensure_future(stub.Echo(world.request("chờ")))
        await waiting.wait()
        office.client.put(office.authority.issue("moi.example.vn"), office.authority)
        await stub.Echo(world.request())
        go_on.set()
        assert (await long).text == "chờ"
        await stub.Echo(world.request())
    assert named == [CLIENT.encode()] * 2 + [b"moi.example.vn"] * 2


async def test_calls_of_every_shape_go_over_tls(world: Any, office: Office) -> None:
    requests = [world.request("một"), world.request("hai")]
    async with world.serving(tls=office.settings.open()), world.connect(tls=office.tls) as channel:
        stub = world.stub(channel)
        assert (await stub.Echo(requests[0])).text == "một"
        assert (await stub.Upload(requests)).text == "một hai"
        assert [each.text async for each in stub.Repeat(world.request("một hai"))] == ["một", "hai"]
        assert [each.text async for each in stub.Chat(requests)] == ["một", "hai"]
        await asyncio.wait_for(channel.channel_ready(), 5)
        assert channel.get_state() is grpc.ChannelConnectivity.READY


async def test_the_connection_of_the_files_before_is_closed_after_its_last_call(world: Any, office: Office) -> None:
    world.servicer.answer = slow = Slow(world)
    async with world.serving(tls=office.settings.open()), world.connect(tls=office.tls) as channel:
        stub, renewing = world.stub(channel), channel._channel
        before = renewing.connected()
        long = asyncio.ensure_future(stub.Echo(world.request()))
        await slow.begun.wait()
        office.client.put(office.authority.issue(CLIENT), office.authority)
        assert renewing.connected() is not before
        assert not before.closed
        slow.go.set()
        assert await long
        async with asyncio.timeout(5):
            while not before.closed:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
        assert (await stub.Echo(world.request())).text == "xin chào"


async def test_a_client_keeps_what_it_has_while_what_is_on_disk_cannot_be_used(
    world: Any, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.serving(tls=office.settings.open()), world.connect(tls=office.tls) as channel:
        stub = world.stub(channel)
        office.client.put(halved(office.authority.issue(CLIENT), office.authority), office.authority)
        for _ in range(2):
            await stub.Echo(world.request())
    assert len([each for each in caplog.records if "stays in force" in each.getMessage()]) == 1


async def test_plaintext_is_for_loopback(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    told = "0.0.0.0:7000 .*LIENTHONG_TLS_CERTIFICATE and LIENTHONG_TLS_KEY"
    with pytest.raises(PlaintextRefused, match=told):
        Server([], world.keys, ServerSettings(host="0.0.0.0", port=7000))  # noqa: S104
    for host in ("localhost", "127.0.0.2", "::1"):
        Server([], world.keys, ServerSettings(host=host))
    async with world.serving(settings={"host": "0.0.0.0"}, tls=TlsSettings(plaintext="allowed").open()):  # noqa: S104
        pass
    (warning,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "without TLS" in warning.getMessage()


def test_with_tls_any_address_may_be_served(world: Any, office: Office) -> None:
    assert Server([], world.keys, ServerSettings(host="0.0.0.0"), tls=office.settings.open())  # noqa: S104


@pytest.mark.parametrize("given", [{"certificate": "a"}, {"key": "a"}, {"client_ca": "a"}, {"plaintext": "yes"}])
def test_settings_that_do_not_fit_together_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TlsSettings.model_validate(given)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CERTIFICATE", "KEY", "CLIENT_CA"):
        monkeypatch.setenv(f"LIENTHONG_TLS_{name}", f"/etc/lienthong/tls/{name}")
    monkeypatch.setenv("LIENTHONG_TLS_PLAINTEXT", "")
    found = TlsSettings()
    assert (found.certificate, found.key) == (Path("/etc/lienthong/tls/CERTIFICATE"), Path("/etc/lienthong/tls/KEY"))
    assert (found.client_ca, found.plaintext) == (Path("/etc/lienthong/tls/CLIENT_CA"), "refused")


async def test_the_end_of_each_certificate_is_told_as_it_is_on_disk(office: Office) -> None:
    opened, folder = office.settings.open(), office.server.folder
    assert opened.files is not None
    before = observed_certificates()
    office.server.put(office.authority.issue(), office.authority)
    after = observed_certificates()
    certificate, authority = str(folder / "tls.crt"), str(folder / "ca.crt")
    assert after[certificate] >= before[certificate]
    assert after[authority] == before[authority] > after[certificate]
    assert opened.files.ends() == {name: after[name] for name in (certificate, authority)}
    del opened
    assert certificate not in observed_certificates()


def test_a_client_with_half_a_pair_is_refused(office: Office) -> None:
    with pytest.raises(TlsFileError, match="go together"):
        ClientTls(office.client.folder / "ca.crt", office.client.folder / "tls.crt").open()
    assert ServerTls().credentials() is None
