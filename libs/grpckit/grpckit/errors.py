"""A Refusal as a gRPC status with google.rpc details, and back.

    Refusal              what was asked cannot be granted -> the code of its kind, with details
    any other exception  a fault of the program           -> INTERNAL with an incident id, nothing of the cause

Details, in this order: ErrorInfo (reason, domain, metadata), LocalizedMessage in English and in Vietnamese,
BadRequest (a violation a field, each with reason and both texts), PreconditionFailure where the state is at fault,
RetryInfo where it is known when to come back. A status stays below `MAX_STATUS_BYTES`, for clients take 8 KiB of
metadata: of very many violations the first are told, and `violations_omitted` says how many are not.

Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto, AIP-193
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from decider.refusal import Kind, Refusal, Violation
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from google.protobuf.message import Message

DOMAIN = "lienthong"
STATUS_DETAILS = "grpc-status-details-bin"
MAX_STATUS_BYTES = 4_500  # as base64 with the message beside it: well within 8 KiB

CODES: Mapping[Kind, grpc.StatusCode] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.NOT_NOW: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.BUSY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.TOO_LATE: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_KINDS = {code.value[0]: kind for kind, code in CODES.items()}


def status_of(refusal: Refusal) -> status_pb2.Status:
    """Turn a refusal into a status."""
    shown = refusal.violations
    while True:
        status = _status(refusal, shown)
        if status.ByteSize() <= MAX_STATUS_BYTES or not shown:
            return status
        shown = shown[: len(shown) // 2]


def incident_status(incident: str) -> status_pb2.Status:
    """Make the status of a fault of the program: the incident id leads the operator to the log."""
    english = f"The platform failed; tell its operator the incident {incident}."
    vietnamese = f"Nền tảng gặp sự cố; hãy báo mã sự cố {incident} cho đơn vị vận hành."
    info = error_details_pb2.ErrorInfo(reason="INTERNAL_ERROR", domain=DOMAIN, metadata={"incident": incident})
    code: int = grpc.StatusCode.INTERNAL.value[0]
    return status_pb2.Status(code=code, message=english, details=_packed(info, *_localized(english, vietnamese)))


def refusal_of(error: grpc.RpcError) -> Refusal | None:
    """Read back the refusal that a server of this platform sent; None where the error is none."""
    status = _status_in(error)
    if status is None or status.code not in _KINDS:
        return None
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    texts: dict[str, str] = {}
    for detail in status.details:
        if detail.Is(error_details_pb2.LocalizedMessage.DESCRIPTOR):
            text = error_details_pb2.LocalizedMessage.FromString(detail.value)
            texts[text.locale] = text.message
        else:
            detail.Unpack(info) or detail.Unpack(bad) or detail.Unpack(retry)
    if info.domain != DOMAIN:
        return None
    return Refusal(
        _KINDS[status.code],
        info.reason,
        en=texts.get("en", status.message),
        vi=texts.get("vi", status.message),
        violations=[
            Violation(one.field, one.reason, one.description, one.localized_message.message)
            for one in bad.field_violations
        ],
        metadata=dict(info.metadata),
        retry_after=retry.retry_delay.ToTimedelta() if retry.HasField("retry_delay") else None,
    )


def _status(refusal: Refusal, shown: Sequence[Violation]) -> status_pb2.Status:
    metadata = dict(refusal.metadata)
    if len(shown) < len(refusal.violations):
        metadata["violations_omitted"] = str(len(refusal.violations) - len(shown))
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=metadata),
        *_localized(refusal.en, refusal.vi),
    ]
    if shown:
        details.append(_bad_request(shown))
    if refusal.kind is Kind.NOT_NOW:
        details.append(_precondition(refusal))
    if refusal.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(refusal.retry_after)
        details.append(retry)
    code: int = CODES[refusal.kind].value[0]
    return status_pb2.Status(code=code, message=refusal.en, details=_packed(*details))


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field=one.field,
                description=one.en,
                reason=one.reason,
                localized_message=error_details_pb2.LocalizedMessage(locale="vi", message=one.vi),
            )
            for one in violations
        ]
    )


def _precondition(refusal: Refusal) -> error_details_pb2.PreconditionFailure:
    violation = error_details_pb2.PreconditionFailure.Violation(
        type=refusal.reason, subject=refusal.metadata.get("subject", ""), description=refusal.en
    )
    return error_details_pb2.PreconditionFailure(violations=[violation])


def _localized(english: str, vietnamese: str) -> list[Message]:
    return [
        error_details_pb2.LocalizedMessage(locale="en", message=english),
        error_details_pb2.LocalizedMessage(locale="vi", message=vietnamese),
    ]


def _packed(*messages: Message) -> list[AnyProto]:
    details = []
    for message in messages:
        detail = AnyProto()
        detail.Pack(message)
        details.append(detail)
    return details


def _status_in(error: grpc.RpcError) -> status_pb2.Status | None:
    entries: Any = error.trailing_metadata() or ()
    for key, value in entries:
        if key == STATUS_DETAILS and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None
