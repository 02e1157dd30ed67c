"""Systems that are bound to client certificates, from their enrolment or later, and set free again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from decider.refusal import Kind
from grpckit.signing import Signer
from grpckit.specification import Authority
from grpckit.tls import ClientTls, TlsSettings
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_OPERATOR

NAME, OTHER = "p01-qlvb.example.vn", "spiffe://lienthong/P02"


class Office:
    """Mutual TLS: a server's settings, and clients with certificates of whatever names."""

    def __init__(self, folder: Path) -> None:
        self._authority, self._folder = Authority(), folder
        self._ca = self._authority.save(folder / "ca.crt")
        certificate, key = self._authority.issue().save(folder)
        self.server = TlsSettings(certificate=certificate, key=key, client_ca=self._ca).open()

    def client(self, name: str) -> ClientTls:
        folder = self._folder / name.replace("/", "_")
        folder.mkdir()
        return ClientTls(self._ca, *self._authority.issue(name).save(folder))


async def test_a_bound_system_calls_with_its_certificate_until_it_is_bound_to_another(
    running: Any, tmp_path: Path
) -> None:
    office = Office(tmp_path)
    one, other = office.client(NAME), office.client(OTHER)
    async with running(tmp_path / "data", tls=office.server) as identity:
        identity.tls = other
        registered = await identity.register("P01")
        signer = Signer.generate("p01-qlvb")
        enrolled = await identity.enrol(signer, agency="P01", certificate_names=[NAME.upper()])
        assert list(enrolled.system.certificate_names) == [NAME]
        refusal = await identity.refusal("GetAgency", signer, code="P01")
        assert (refusal.kind, refusal.reason) == (Kind.UNAUTHENTICATED, "CERTIFICATE_NOT_BOUND")
        identity.tls = one
        assert await identity.call("GetAgency", signer, code="P01", after=[registered.position])
        changed = await identity.call("ChangeSystemCertificates", system="p01-qlvb", certificate_names=[OTHER])
        assert (await identity.refusal("GetAgency", signer, code="P01")).reason == "CERTIFICATE_NOT_BOUND"
        identity.tls = other
        found = await identity.call("GetSystem", signer, system="p01-qlvb", after=[changed.position])
        assert list(found.system.certificate_names) == [OTHER]


async def test_a_bound_system_is_refused_where_there_is_no_tls_until_it_is_free(identity: Any) -> None:
    registered = await identity.register("P02")
    signer = Signer.generate("p02-qlvb")
    await identity.enrol(signer, agency="P02", certificate_names=[OTHER, NAME])
    refusal = await identity.refusal("GetAgency", signer, code="P02")
    assert (refusal.reason, "without TLS" in refusal.en) == ("CERTIFICATE_NOT_BOUND", True)
    freed = await identity.call("ChangeSystemCertificates", system="p02-qlvb")
    assert list(freed.system.certificate_names) == []
    assert await identity.call("GetAgency", signer, code="P02", after=[registered.position])


async def test_only_the_operator_binds_and_frees(identity: Any) -> None:
    await identity.register("P03")
    signer = Signer.generate("p03-qlvb")
    await identity.enrol(signer, agency="P03")
    refusal = await identity.refusal("ChangeSystemCertificates", signer, system="p03-qlvb")
    assert refusal.reason == "CALLER_NOT_ALLOWED"


@pytest.mark.parametrize(
    "name", ["*.example.vn", "-a.vn", "a..vn", "Sở Nội vụ", "a b", "spiffe://a b", "1x:y", "a." * 126 + "vn", ":"]
)
async def test_what_names_no_certificate_is_refused(identity: Any, name: str) -> None:
    for rpc, fields in (
        ("ChangeSystemCertificates", {"system": "operator"}),
        (
            "EnrolSystem",
            {
                "system": "p04-qlvb",
                "display_name": "?",
                "role": SYSTEM_ROLE_OPERATOR,
                "public_key": identity.operator.public_key,
            },
        ),
    ):
        refusal = await identity.refusal(rpc, certificate_names=[name], **fields)
        assert (refusal.kind, refusal.reason) == (Kind.INVALID, "CERTIFICATE_NAME_MALFORMED")
        assert [each.field for each in refusal.violations] == ["certificate_names"]


async def test_the_operator_cannot_bind_its_last_free_key(identity: Any) -> None:
    refusal = await identity.refusal("ChangeSystemCertificates", system="operator", certificate_names=[NAME])
    assert (refusal.kind, refusal.reason) == (Kind.NOT_NOW, "LAST_OPERATOR_KEY")
    daily = Signer.generate("p05-operator")
    await identity.enrol(daily, role=SYSTEM_ROLE_OPERATOR, certificate_names=[NAME])
    again = await identity.refusal("ChangeSystemCertificates", system="operator", certificate_names=[NAME])
    suspended = await identity.refusal("SuspendSystem", system="operator", reason="thử nghiệm")
    assert (again.reason, suspended.reason) == ("LAST_OPERATOR_KEY", "LAST_OPERATOR_KEY")
    await identity.call("ChangeSystemCertificates", system="p05-operator")
    bound = await identity.call("ChangeSystemCertificates", system="operator", certificate_names=[NAME])
    assert list(bound.system.certificate_names) == [NAME]
    await identity.call("ChangeSystemCertificates", daily, system="operator")
