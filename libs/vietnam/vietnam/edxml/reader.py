"""Reads a message from a stream of bytes; memory goes with the header, whatever the attachments weigh."""

from collections.abc import Iterable
from datetime import date

from ..errors import InvalidMessageError, Violation, violation
from ..reasons import Reason
from .attachments import AttachmentSink
from .limits import DEFAULT_LIMITS, Limits
from .manifest import read_attachments
from .mapping import read_fields, single
from .message import Business, DocumentMessage, Message, StatusMessage, TraceHeader
from .node import Node
from .rules import validate
from .scanner import Scanned, Scanner


class Reader:
    """Feed chunks of any size, then close.

    Attachments are decoded into `sink` on the way. `today` is the day in Vietnam. Not thread-safe.
    """

    def __init__(self, sink: AttachmentSink, *, today: date, limits: Limits = DEFAULT_LIMITS) -> None:
        self._scanner = Scanner(sink, limits)
        self._today = today

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises `MalformedMessageError` or `LimitExceededError`; what the sink raises passes through.
        """
        self._scanner.feed(chunk)

    def close(self) -> Message:
        """Tell that no more comes and return the message.

        Raises as `feed`, and `InvalidMessageError` with all violations of a message that breaks the rules.
        """
        return _assemble(self._scanner.close(), self._today)


def read(chunks: Iterable[bytes], sink: AttachmentSink, *, today: date, limits: Limits = DEFAULT_LIMITS) -> Message:
    """Read a whole message: `Reader` in one call."""
    reader = Reader(sink, today=today, limits=limits)
    for chunk in chunks:
        reader.feed(chunk)
    return reader.close()


def _assemble(scanned: Scanned, today: date) -> Message:
    found: list[Violation] = []
    header = _header(scanned.root, found)
    document = single(header, "MessageHeader", "MessageHeader", found)
    status = single(header, "Status", "Status", found)
    message: Message
    if document is not None and status is None:
        message = _document(document, header, scanned, found)
    elif status is not None and document is None:
        message = read_fields(StatusMessage, status, "Status", found, has_signature=scanned.has_signature)
    else:
        raise InvalidMessageError(violation("edXMLHeader", Reason.MESSAGE_KIND), *found)
    _refuse(found, validate(message, today=today))
    return message


def _header(root: Node, found: list[Violation]) -> Node:
    single(root, "AttachmentEncoded", "AttachmentEncoded", found)
    envelope = single(root, "edXMLEnvelope", "edXMLEnvelope", found) or Node()
    body = single(envelope, "edXMLBody", "edXMLBody", found) or Node()
    single(body, "edXMLManifest", "edXMLManifest", found)
    return single(envelope, "edXMLHeader", "edXMLHeader", found) or Node()


def _document(node: Node, header: Node, scanned: Scanned, found: list[Violation]) -> DocumentMessage:
    way = single(header, "TraceHeaderList", "TraceHeaderList", found) or Node()
    business = single(way, "Bussiness", "TraceHeaderList.Bussiness", found) or Node()
    traces = tuple(
        read_fields(TraceHeader, trace, f"TraceHeaderList.TraceHeader[{index}]", found)
        for index, trace in enumerate(way.all("TraceHeader"))
    )
    return read_fields(
        DocumentMessage,
        node,
        "MessageHeader",
        found,
        trace_id=way.attributes.get("id", ""),
        trace=traces,
        business=read_fields(Business, business, "TraceHeaderList.Bussiness", found),
        attachments=read_attachments(scanned, found),
        has_signature=scanned.has_signature,
    )


def _refuse(found: list[Violation], broken: tuple[Violation, ...]) -> None:
    """Raise all violations; of a field that could not be read, only why. Placeholders contradict nothing."""
    unread = {problem.field for problem in found}
    new = [problem for problem in broken if problem.field not in unread]
    if found:
        new = [problem for problem in new if problem.reason is not Reason.DOCUMENT_ID_CONTRADICTS]
    if found or new:
        raise InvalidMessageError(*found, *new)
