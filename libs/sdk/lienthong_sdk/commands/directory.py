"""Commands of the operator: keys, agencies, systems."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path
from typing import Annotated

import typer
from grpckit.signing import KeyFileError, Signer
from lienthong.identity.v1 import agency_pb2, agency_service_pb2, system_pb2, system_service_pb2
from rich.table import Table

from lienthong_sdk.client import Lienthong
from lienthong_sdk.session import IDENTITY, IdentityOption, KeyOption, call, fail, out, signer

keys = typer.Typer(help="Keys of systems.", no_args_is_help=True)
agencies = typer.Typer(help="The directory of agencies.", no_args_is_help=True)
systems = typer.Typer(help="Systems that may call.", no_args_is_help=True)

OPERATOR_KEY = Path(".data/platform/identity/operator.key")
_NAME_HELP = "Bind its calls to client certificates with this DNS name or URI; may be repeated."
_SCOPES = ("documents.send", "documents.receive")


@keys.command("new")
def new_key(
    system: Annotated[str, typer.Argument(help='Id of the system: "h41-qlvb".')],
    file: Annotated[Path, typer.Argument(help="Where the key is written; it never leaves this machine.")],
) -> None:
    """Make a key pair for a system; only its public part is shown."""
    made = Signer.generate(system)
    try:
        made.save(file)
    except (KeyFileError, OSError) as error:
        fail(str(error))
    public = base64.b64encode(made.public_key).decode()
    out.print(f"{file}  key {made.key_id}  public {public}", markup=False, soft_wrap=True)


@agencies.command("register")
def register(
    code: Annotated[str, typer.Argument(help='Its code: "H41" or "000.00.00.H41".')],
    name: Annotated[str, typer.Argument(help="Its name in Vietnamese.")],
    parent: Annotated[str, typer.Option(help="Code of the agency above it.")] = "",
    key: KeyOption = OPERATOR_KEY,
    identity: IdentityOption = IDENTITY,
) -> None:
    """Register an agency."""

    async def work(lienthong: Lienthong) -> agency_pb2.Agency:
        request = agency_service_pb2.RegisterAgencyRequest(
            code=code, display_name=name, parent=parent, request_id=str(uuid.uuid4())
        )
        return (await lienthong.agencies.RegisterAgency(request)).agency

    made = call(key, work, identity=identity)
    out.print(f"{made.code}  {made.display_name}", markup=False, soft_wrap=True)


@agencies.command("list")
def list_agencies(key: KeyOption = OPERATOR_KEY, identity: IdentityOption = IDENTITY) -> None:
    """List all agencies."""

    async def work(lienthong: Lienthong) -> list[agency_pb2.Agency]:
        found: list[agency_pb2.Agency] = []
        token = ""
        while True:
            request = agency_service_pb2.ListAgenciesRequest(page_size=1000, page_token=token)
            page = await lienthong.agencies.ListAgencies(request)
            found.extend(page.agencies)
            token = page.next_page_token
            if not token:
                return found

    table = Table("code", "name", "parent", "state", "successor")
    for each in call(key, work, identity=identity):
        state = agency_pb2.AgencyState.Name(each.state).removeprefix("AGENCY_STATE_").lower()
        table.add_row(each.code, each.display_name, each.parent, state, each.successor)
    out.print(table)


@systems.command("enrol")
def enrol(
    system_key: Annotated[Path, typer.Argument(help="Key file of the system, made by `lienthong key new`.")],
    agency: Annotated[str, typer.Argument(help="Code of the agency it acts for.")],
    name: Annotated[str, typer.Option(help="Its name.")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="What it may do.")] = None,
    certificate_name: Annotated[list[str] | None, typer.Option(help=_NAME_HELP)] = None,
    key: KeyOption = OPERATOR_KEY,
    identity: IdentityOption = IDENTITY,
) -> None:
    """Enrol a system of an agency with its public key."""
    enrolled = signer(system_key)

    async def work(lienthong: Lienthong) -> system_pb2.System:
        request = system_service_pb2.EnrolSystemRequest(
            system=enrolled.system,
            agency=agency,
            display_name=name or enrolled.system,
            role=system_pb2.SYSTEM_ROLE_AGENCY,
            scopes=scope or _SCOPES,
            public_key=enrolled.public_key,
            certificate_names=certificate_name or (),
            request_id=str(uuid.uuid4()),
        )
        return (await lienthong.systems.EnrolSystem(request)).system

    made = call(key, work, identity=identity)
    words = (made.id, made.agency, " ".join(made.scopes), *made.certificate_names)
    out.print("  ".join(words), markup=False, soft_wrap=True)


@systems.command("certificates")
def certificates(
    system: Annotated[str, typer.Argument(help="Id of the system.")],
    names: Annotated[list[str] | None, typer.Argument(help="DNS names or URIs; none: it is bound no more.")] = None,
    key: KeyOption = OPERATOR_KEY,
    identity: IdentityOption = IDENTITY,
) -> None:
    """Bind a system's calls to client certificates with one of these names, in place of those before."""

    async def work(lienthong: Lienthong) -> system_pb2.System:
        request = system_service_pb2.ChangeSystemCertificatesRequest(
            system=system, certificate_names=names or (), request_id=str(uuid.uuid4())
        )
        return (await lienthong.systems.ChangeSystemCertificates(request)).system

    bound = " ".join(call(key, work, identity=identity).certificate_names)
    out.print(f"{system}  {bound or 'calls over any connection'}", markup=False, soft_wrap=True)
