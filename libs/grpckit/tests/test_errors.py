from __future__ import annotations

from datetime import timedelta
from typing import Any

import grpc
import pytest
from decider.refusal import Kind, Refusal, Violation
from grpckit.client import connect
from grpckit.errors import CODES, MAX_STATUS_BYTES, STATUS_DETAILS, refusal_of, status_of
from grpckit.retries import NO_RETRIES
from grpckit.signing import Signer, utc_now
from hypothesis import given
from hypothesis import strategies as st


def raising(error: Exception) -> Any:
    async def answer(request: Any) -> Any:
        del request
        raise error

    return answer


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_refusal_comes_back_whole_under_the_code_of_its_kind(world: Any, kind: Kind) -> None:
    sent = Refusal(
        kind,
        "DOCUMENT_TAKEN_BACK",
        en="It was taken back.",
        vi="Văn bản đã được thu hồi.",
        violations=[Violation("document", "TAKEN_BACK", "Taken back.", "Đã thu hồi.")],
        metadata={"subject": "document-1"},
        retry_after=timedelta(milliseconds=1500),
    )
    world.servicer.answer = raising(sent)
    async with world.serving():
        refusal = await world.refusal(retries=NO_RETRIES)
    for name in ("kind", "reason", "en", "vi", "violations", "metadata", "retry_after"):
        assert getattr(refusal, name) == getattr(sent, name)
    assert isinstance(refusal.__cause__, grpc.aio.AioRpcError)
    assert refusal.__cause__.code() is CODES[kind]


def test_every_kind_has_a_code_of_its_own() -> None:
    assert set(CODES) == set(Kind)
    assert len(set(CODES.values())) == len(Kind)


async def test_an_unexpected_exception_gives_an_incident_id_and_nothing_else(world: Any, caplog: Any) -> None:
    error = ValueError("bí mật: 012345678901")
    error.__cause__ = KeyError("bí mật")
    world.servicer.answer = raising(error)
    async with world.serving(), world.connect() as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.stub(channel).Echo(world.request("bí mật"))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    details = caught.value.details() or ""
    (record,) = (one for one in caplog.records if one.name == "grpckit")
    assert record.incident in details
    assert "ValueError" in record.getMessage()
    assert "test_errors.py" in record.getMessage()
    assert "bí mật" not in details + str(caught.value.trailing_metadata()) + caplog.text


async def test_a_method_that_the_servicer_leaves_out_is_unimplemented(world: Any) -> None:
    async with world.serving(), world.connect() as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.stub(channel).Unserved(world.request())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_status_of_another_platform_is_left_as_it_is(world: Any) -> None:
    class Other(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            del details
            return grpc.unary_unary_rpc_method_handler(self.answer)

        async def answer(self, request: bytes, context: Any) -> None:
            del request
            await context.abort(grpc.StatusCode.NOT_FOUND, "x", (("grpc-status-details-bin", b"\xff"),))

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Other(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with connect(f"127.0.0.1:{port}", Signer.generate("x"), clock=utc_now) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.stub(channel).Echo(world.request())
    await server.stop(None)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


TEXT = st.text(max_size=80)
VIOLATIONS = st.lists(st.builds(Violation, TEXT, TEXT, TEXT, TEXT), max_size=60)


@given(kind=st.sampled_from(Kind), reason=TEXT, en=TEXT, vi=TEXT, violations=VIOLATIONS)
def test_any_refusal_survives_the_way_to_the_client_and_fits(
    kind: Kind, reason: str, en: str, vi: str, violations: list[Violation]
) -> None:
    status = status_of(Refusal(kind, reason, en=en, vi=vi, violations=violations))
    assert status.ByteSize() <= MAX_STATUS_BYTES
    trailing = grpc.aio.Metadata((STATUS_DETAILS, status.SerializeToString()))
    back = refusal_of(grpc.aio.AioRpcError(CODES[kind], grpc.aio.Metadata(), trailing))
    assert back is not None
    assert (back.kind, back.reason, back.en, back.vi) == (kind, reason, en, vi)
    shown = len(back.violations)
    assert back.violations == tuple(violations[:shown])
    assert shown + int(back.metadata.get("violations_omitted", "0")) == len(violations)
