"""Between an edXML message (QCVN 102:2016/BTTTT) and the contract. Contact data of officers is not taken over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from google.type import date_pb2
from lienthong.docexchange.v1 import document_pb2 as d
from vietnam import agency_code, edxml
from vietnam.edxml import document_id as ids
from vietnam.edxml.signature import SignatureResult, SignatureState
from vietnam.enums import Priority, ProcessingStatus, Steering

STATUS: Final[Mapping[ProcessingStatus, d.Status.ValueType]] = {
    ProcessingStatus.ARRIVED: d.STATUS_ARRIVED,
    ProcessingStatus.REFUSED: d.STATUS_REFUSED,
    ProcessingStatus.ACCEPTED: d.STATUS_ACCEPTED,
    ProcessingStatus.ASSIGNED: d.STATUS_ASSIGNED,
    ProcessingStatus.IN_PROCESS: d.STATUS_IN_PROCESS,
    ProcessingStatus.COMPLETED: d.STATUS_COMPLETED,
}
_RESULTS: Final = {
    SignatureState.ABSENT: d.SIGNATURE_RESULT_ABSENT,
    SignatureState.VALID: d.SIGNATURE_RESULT_VALID,
    SignatureState.INVALID: d.SIGNATURE_RESULT_INVALID,
    SignatureState.NOT_CHECKED: d.SIGNATURE_RESULT_NOT_CHECKED,
}
_OFFSET = 1  # the contract's enumerations begin at 1 where edXML's begin at 0


def content(message: edxml.DocumentMessage, attachments: Sequence[d.Attachment]) -> d.Content:
    """Return what a message says of its document; `attachments` as they were stored."""
    other = message.other_info
    return d.Content(
        number=message.code.number,
        notation=message.code.notation,
        place=message.promulgation.place,
        promulgation_date=_date(message.promulgation.promulgated),
        type=message.document_type.number or 0,
        type_name=message.document_type.name,
        subject=message.subject,
        summary=message.content,
        signatory=d.Signatory(
            competence=message.signer.competence, office=message.signer.position, full_name=message.signer.full_name
        ),
        due_date=_date(message.due_date) if message.due_date else None,
        priority=other.priority + _OFFSET,  # type: ignore[arg-type] # the same order, one further
        steering=message.steering + _OFFSET,  # type: ignore[arg-type]
        response_for=[d.Reference(code=code) for code in map(_answered, message.response_for) if code],
        attachments=attachments,
        sphere=other.sphere,
        typist=other.typer_notation,
        copies=other.promulgation_amount or 0,
        pages=other.page_amount or 0,
        to_places=message.to_places,
        appendixes=other.appendixes,
    )


def signature(result: SignatureResult) -> d.SignatureCheck:
    """Return what the check of a signature gave."""
    return d.SignatureCheck(
        result=_RESULTS[result.state],
        certificate_sha256=result.fingerprint,
        certificate_trusted=result.trusted,
        detail=str(result.reason or ""),
    )


def message(document: d.Document, recipients: Sequence[str], name: Callable[[str], str]) -> edxml.DocumentMessage:
    """Return a document as a message; `name` gives the names of agencies."""
    said = document.content
    sender = agency_code.parse(document.sender)
    return edxml.DocumentMessage(
        sender=edxml.Organization(sender, in_charge=name(document.sender), name=name(document.sender)),
        recipients=tuple(edxml.Organization(agency_code.parse(code), name=name(code)) for code in recipients),
        code=edxml.DocumentCode(said.number, said.notation),
        promulgation=edxml.Promulgation(said.place, _day(said.promulgation_date)),
        document_type=edxml.DocumentType(said.type or None, said.type_name),
        subject=said.subject,
        content=said.summary,
        signer=edxml.SignerInfo(said.signatory.competence, said.signatory.office, said.signatory.full_name),
        due_date=_day(said.due_date) if said.HasField("due_date") else None,
        to_places=tuple(said.to_places),
        other_info=_other(said),
        response_for=tuple(_response_for(each.code) for each in said.response_for),
        steering=Steering(max(said.steering - _OFFSET, 0)),
        document_id=ids.parse(document.code),
        attachments=tuple(_attachment(index, each) for index, each in enumerate(said.attachments)),
    )


def _other(said: d.Content) -> edxml.OtherInfo:
    return edxml.OtherInfo(
        priority=Priority(max(said.priority - _OFFSET, 0)),
        sphere=said.sphere,
        typer_notation=said.typist,
        promulgation_amount=said.copies or None,
        page_amount=said.pages or None,
        appendixes=tuple(said.appendixes),
    )


def _attachment(index: int, stored: d.Attachment) -> edxml.Attachment:
    return edxml.Attachment(
        content_type=stored.media_type,
        content_id=f"{index}-{stored.sha256.hex()}",  # one file may be attached under two names
        description=stored.description,
        name=stored.name,
        sha256=stored.sha256,
        size=stored.size,
    )


def _answered(response: edxml.ResponseFor) -> str:
    if response.document_id is not None:
        return str(response.document_id)
    number, _, notation = response.code.partition("/")
    if not (number and notation and response.promulgated):
        return ""
    return str(edxml.DocumentId(response.organ_id, response.promulgated, number, notation))


def _response_for(code: str) -> edxml.ResponseFor:
    id_ = ids.parse(code)
    return edxml.ResponseFor(id_.organ_id, f"{id_.number}/{id_.notation}", id_.promulgated, id_)


def _date(day: date) -> date_pb2.Date:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def _day(value: date_pb2.Date) -> date:
    return date(value.year, value.month, value.day)
