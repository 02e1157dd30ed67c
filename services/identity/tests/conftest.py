"""Identity, started through its composition root on a free port and called over real gRPC."""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from decider.refusal import Refusal
from eventlog.local_topic import LocalTopic
from google.protobuf import descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from grpckit.client import connect
from grpckit.retries import NO_RETRIES
from grpckit.signing import Signer
from grpckit.tls import NO_TLS, ClientTls, ServerTls
from identity_service.app import IdentityApp, build
from identity_service.settings import Settings
from lienthong.identity.v1.agency_service_pb2_grpc import AgencyServiceStub
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY
from lienthong.identity.v1.system_service_pb2_grpc import SystemServiceStub
from lienthong.log.v1.log_service_pb2_grpc import LogServiceStub

_STUBS: dict[str, Any] = {"AgencyService": AgencyServiceStub, "SystemService": SystemServiceStub}
_STUBS["LogService"] = LogServiceStub
_SERVICES = ("lienthong.identity.v1.AgencyService", "lienthong.identity.v1.SystemService")
_METHODS = {
    method.name: method
    for name in (*_SERVICES, "lienthong.log.v1.LogService")
    for method in descriptor_pool.Default().FindServiceByName(name).methods
}


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop for all tests, so that those of a module can share a running service."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    """Run a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    loop = pyfuncitem._request.getfixturevalue("loop")
    loop.run_until_complete(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


class Identity:
    """A running identity with its operator."""

    def __init__(self, app: IdentityApp, operator: Signer) -> None:
        self.app = app
        self.operator = operator
        self.tls: ClientTls | None = None

    async def call(self, rpc: str, signer: Signer | None = None, *, unsigned: bool = False, **fields: Any) -> Any:
        """Call an RPC by its name, as the operator unless told otherwise; a request id is made where one is due."""
        method = _METHODS[rpc]
        if "request_id" in method.input_type.fields_by_name:
            fields = {"request_id": str(uuid.uuid4()), **fields}
        request = GetMessageClass(method.input_type)(**fields)
        caller = None if unsigned else signer or self.operator
        async with connect(self.app.address, caller, retries=NO_RETRIES, tls=self.tls) as channel:
            stub = _STUBS[method.containing_service.name](channel)
            if method.server_streaming:
                return [answer async for answer in getattr(stub, rpc)(request)]
            return await getattr(stub, rpc)(request)

    async def refusal(self, rpc: str, signer: Signer | None = None, **fields: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            await self.call(rpc, signer, **fields)
        return caught.value

    async def register(self, code: str, **fields: Any) -> Any:
        return await self.call("RegisterAgency", code=code, **{"display_name": f"Cơ quan {code}", **fields})

    async def enrol(self, signer: Signer, **fields: Any) -> Any:
        known = {"display_name": "Hệ thống quản lý văn bản", "role": SYSTEM_ROLE_AGENCY, **fields}
        return await self.call("EnrolSystem", system=signer.system, public_key=signer.public_key, **known)


@asynccontextmanager
async def _running(
    data: Path, operator: Signer | None = None, tls: ServerTls = NO_TLS, **settings: Any
) -> AsyncIterator[Identity]:
    """Run identity over a data folder."""
    known = Settings(data=data, **{"port": 0, "drain": 1, **settings})
    topic = LocalTopic(data.parent / f"{data.name}-topic.sqlite")
    app = build(known, topic, tls=tls)
    await app.start()
    try:
        yield Identity(app, operator or Signer.from_file(known.operator_key))
    finally:
        await app.stop()
        topic.close()


@pytest.fixture
def running() -> Any:
    """Give what starts identity over a data folder and stops it again, as a context."""
    return _running


@pytest.fixture(scope="module")
def identity(loop: asyncio.AbstractEventLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    """One identity for a module; its tests use codes and ids of their own."""
    context = _running(tmp_path_factory.mktemp("identity") / "data")
    yield loop.run_until_complete(context.__aenter__())
    loop.run_until_complete(context.__aexit__(None, None, None))
