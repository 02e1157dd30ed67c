"""A server with one service of every shape, its keys and its clients: everything over real gRPC on 127.0.0.1."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from decider.refusal import Refusal
from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from grpc_tools import protoc  # type: ignore[import-untyped] # no stubs in the wheel
from grpckit.call import current_call
from grpckit.client import Channel, connect
from grpckit.incident import Refused, log_refusal
from grpckit.server import Server, ServerSettings
from grpckit.signing import Signer, payload_prefix, utc_now
from grpckit.verifying import EnrolledKey
from lienthong.identity.v1 import system_pb2
from protovalidate._gen.buf.validate import validate_pb

HERE = Path(__file__).resolve().parent
PROTOS = HERE.parents[2] / "protos"
SYSTEM = "h41-qlvb"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    """Run a test that is a coroutine in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the test services; return the folder, which is on sys.path."""
    out = tmp_path_factory.mktemp("generated")
    files = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, timestamp_pb2, field_mask_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    (out / "dependencies.binpb").write_bytes(files.SerializeToString())
    spec = importlib.util.find_spec("google.rpc")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    common = Path(next(iter(spec.submodule_search_locations))).parents[1]
    roots = (HERE, PROTOS, common, Path(protoc.__file__).parent / "_proto")
    arguments = [f"--descriptor_set_in={out / 'dependencies.binpb'}", *(f"-I{root}" for root in roots)]
    targets = [f"--python_out={out}", f"--grpc_python_out={out}", "echo.proto", "faulty.proto"]
    assert protoc.main(["protoc", *arguments, *targets]) == 0
    sys.path.insert(0, str(out))
    return out


@pytest.fixture(scope="session")
def echo(generated: Path) -> Any:
    """Give the messages of the echo service."""
    assert generated
    return importlib.import_module("echo_pb2")


@pytest.fixture(scope="session")
def echo_grpc(echo: Any) -> Any:
    """Give the stubs and servicers of the echo service."""
    assert echo
    return importlib.import_module("echo_pb2_grpc")


class Keyring:
    """Keys as the directory would give them; `enrol` changes what is known of a signer's key."""

    def __init__(self) -> None:
        self.known: dict[str, EnrolledKey] = {}

    def find(self, key_id: str) -> EnrolledKey | None:
        return self.known.get(key_id)

    def enrol(self, signer: Signer, **changes: Any) -> None:
        role = system_pb2.SYSTEM_ROLE_AGENCY
        key = EnrolledKey(
            signer.key_id, signer.public_key, signer.system, "H41", role, frozenset(), None, False, True, True
        )
        self.known[signer.key_id] = replace(key, **changes)


class World:
    """A running server, its keys, an enrolled signer, and what the server told of refusals."""

    def __init__(self, echo: Any, echo_grpc: Any) -> None:
        self.messages = echo
        self.stubs = echo_grpc
        self.keys = Keyring()
        self.signer = Signer.generate(SYSTEM)
        self.keys.enrol(self.signer)
        self.refused: list[Refused] = []
        self.server: Server
        self.servicer = _servicer(echo, echo_grpc)

    def request(self, text: str = "xin chào", **fields: Any) -> Any:
        return self.messages.EchoRequest(text=text, **fields)

    @asynccontextmanager
    async def serving(
        self, services: Sequence[Any] = (), settings: dict[str, Any] | None = None, **options: Any
    ) -> AsyncIterator[World]:
        add = self.stubs.add_EchoServiceServicer_to_server
        server = Server(
            [(add, self.servicer), *services],
            self.keys,
            ServerSettings(**{"drain": 0.5, **(settings or {})}),
            on_refusal=self._note,
            **options,
        )
        async with server:
            self.server = server
            yield self

    def _note(self, refused: Refused) -> None:
        self.refused.append(refused)
        log_refusal(refused)

    def connect(self, signer: Signer | None = None, **options: Any) -> Channel:
        return connect(self.server.address, signer or self.signer, **options)

    def connect_unsigned(self) -> Channel:
        return connect(self.server.address)

    def stub(self, channel: Any) -> Any:
        return self.stubs.EchoServiceStub(channel)

    async def call(self, method: str = "Echo", request: Any = None, signer: Signer | None = None, **o: Any) -> Any:
        async with self.connect(signer, **o) as channel:
            return await getattr(self.stub(channel), method)(request or self.request())

    async def refusal(
        self, method: str = "Echo", request: Any = None, signer: Signer | None = None, **o: Any
    ) -> Refusal:
        with pytest.raises(Refusal) as caught:
            await self.call(method, request, signer, **o)
        return caught.value

    def signed(self, method: str, body: bytes, signer: Signer | None = None) -> tuple[tuple[str, Any], ...]:
        prefix = payload_prefix(f"/grpckit.echo.v1.EchoService/{method}", "grpckit.echo.v1.EchoRequest")
        return (signer or self.signer).sign(prefix, body, utc_now(), b"n" * 16)

    async def raw(self, method: str, body: bytes, metadata: Any, **options: Any) -> bytes:
        """Call as a client would that sends whatever it likes."""
        async with grpc.aio.insecure_channel(self.server.address) as channel:
            call: Any = channel.unary_unary(f"/grpckit.echo.v1.EchoService/{method}", None, None)
            answer: bytes = await call(body, metadata=metadata, **{"timeout": 5, **options})
            return answer


Answer = Callable[[Any], Awaitable[Any]]


def _servicer(echo: Any, echo_grpc: Any) -> Any:
    def answer(request: Any) -> Any:
        call = current_call()
        return echo.EchoResponse(
            text=request.text,
            system=call.system,
            agency=call.agency,
            fingerprint=call.fingerprint,
            origin=call.origin,
            cause=call.cause,
        )

    class Servicer(echo_grpc.EchoServiceServicer):  # type: ignore[misc] # generated at test time
        async def answer(self, request: Any) -> Any:
            return answer(request)

        async def Echo(self, request: Any, context: Any) -> Any:  # noqa: N802
            del context
            return await self.answer(request)

        Greet = Write = Decide = Echo

        async def Upload(self, requests: Any, context: Any) -> Any:  # noqa: N802
            del context
            texts = [request.text async for request in requests]
            return await self.answer(echo.EchoRequest(text=" ".join(texts)))

        async def Repeat(self, request: Any, context: Any) -> Any:  # noqa: N802
            del context
            for word in request.text.split():
                yield await self.answer(echo.EchoRequest(text=word))

        async def Chat(self, requests: Any, context: Any) -> Any:  # noqa: N802
            del context
            async for request in requests:
                yield await self.answer(request)

    return Servicer()


@pytest.fixture
def world(echo: Any, echo_grpc: Any) -> World:
    return World(echo, echo_grpc)
