"""Writes a message as a stream of bytes, in the shape that the widespread receivers accept.

The prefix `edXML:` is literal and `Bussiness*` is spelled as everybody spells it. The attachments stand in
the default namespace. An empty `DigitalSignature` marks where `signature.sign` puts the signature.
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from ..errors import InvalidMessageError, violation
from ..reasons import Reason
from .binding import Binding, bindings
from .message import Attachment, DocumentMessage, Message
from .namespaces import EDXML, PREFIX, XLINK
from .rules import message_fields

_START: Final = (
    f'<?xml version="1.0" encoding="utf-8"?>\n<edXML xmlns="{EDXML}">'
    f'<edXML:edXMLEnvelope xmlns:edXML="{EDXML}"><edXML:edXMLHeader>'
)
_TRACE: Final = 'version="1.0" mustUnderstand="1" actor="http://schemas.xmlsoap.org/soap/actor/next"'
_SLICE: Final = 48 * 1024  # a multiple of 3: base64 of a slice needs no padding


def write(message: Message, contents: Iterable[tuple[Attachment, Iterable[bytes]]] = ()) -> Iterator[bytes]:
    """Yield the message; `contents` gives each of its attachments, in order, with the chunks of its content.

    Readers strip white space around text. Raises `InvalidMessageError` where a field cannot be sent, where
    `contents` are not the attachments of the message, and where a content has another size or SHA-256 than
    its attachment states.
    """
    violations = tuple(message_fields(message))
    if violations:
        raise InvalidMessageError(*violations)
    yield _head(message).encode()
    attachments = message.attachments if isinstance(message, DocumentMessage) else ()
    if attachments:
        yield b"<AttachmentEncoded>"
        yield from _attachments(attachments, contents)
        yield b"</AttachmentEncoded>"
    yield b"</edXML>"


def _head(message: Message) -> str:
    if isinstance(message, DocumentMessage):
        header = _tag("MessageHeader", _fields(message)) + _way(message)
        body = _tag("edXMLBody", _manifest(message.attachments))
    else:
        header, body = _tag("Status", _fields(message)), ""
    end = f"<{PREFIX}DigitalSignature/></{PREFIX}edXMLHeader>{body}</{PREFIX}edXMLEnvelope>"
    return _START + header + end


def _way(message: DocumentMessage) -> str:
    traces = "".join(_tag("TraceHeader", _fields(trace)) for trace in message.trace)
    business = _tag("Bussiness", _fields(message.business))
    opening = f"<{PREFIX}TraceHeaderList id={quoteattr(message.trace_id)} {_TRACE}>"
    return f"{opening}{traces}{business}</{PREFIX}TraceHeaderList>"


def _manifest(attachments: tuple[Attachment, ...]) -> str:
    references = "".join(map(_reference, attachments))
    return f'<{PREFIX}edXMLManifest version="1.0">{references}</{PREFIX}edXMLManifest>'


def _reference(attachment: Attachment) -> str:
    content_id = f"cid:{attachment.content_id}"
    link = f'xmlns:xlink="{XLINK}" xlink:href={quoteattr(content_id)} xlink:role="XLinkRole" xlink:type="simple"'
    fields = (
        _tag("Description", escape(attachment.description))
        + _tag("AttachmentName", escape(attachment.name))
        + _tag("ContentType", escape(attachment.content_type))
        + _tag("ContentId", escape(content_id))
    )
    return f"<{PREFIX}Reference {link}>{fields}</{PREFIX}Reference>"


def _fields(value: object) -> str:
    return "".join(_field(binding, getattr(value, binding.attribute)) for binding in bindings(type(value)))


def _field(binding: Binding, item: object) -> str:
    if item is None:
        return ""
    if not isinstance(item, tuple):
        return _one(binding, item)
    elements = "".join(_one(binding, one) for one in item)
    return _tag(binding.element.inside, elements) if elements and binding.element.inside else elements


def _one(binding: Binding, item: object) -> str:
    leaf = binding.leaf
    inner = _fields(item) if leaf is None else escape(leaf.format(item), {"\r": "&#13;"})
    return _tag(binding.element.name, inner)


def _tag(name: str, inner: str, prefix: str = PREFIX) -> str:
    return f"<{prefix}{name}>{inner}</{prefix}{name}>" if inner else f"<{prefix}{name}/>"


def _attachments(
    attachments: tuple[Attachment, ...], contents: Iterable[tuple[Attachment, Iterable[bytes]]]
) -> Iterator[bytes]:
    for index, (attachment, given) in enumerate(zip_longest(attachments, contents)):
        field = f"AttachmentEncoded.Attachment[{index}]"
        if attachment is None or given is None or given[0] != attachment:
            raise InvalidMessageError(violation(field, Reason.ATTACHMENT_WITHOUT_CONTENT))
        before = (
            _tag("ContentType", escape(attachment.content_type), "")
            + _tag("ContentId", escape(attachment.content_id), "")
            + _tag("Description", escape(attachment.description), "")
        )
        after = _tag("AttachmentName", escape(attachment.name), "")
        yield f"<Attachment>{before}<ContentTransferEncoded>".encode()
        yield from _base64(attachment, given[1], field)
        yield f"</ContentTransferEncoded>{after}</Attachment>".encode()


def _base64(attachment: Attachment, chunks: Iterable[bytes], field: str) -> Iterator[bytes]:
    digest, size, pending = hashlib.sha256(), 0, bytearray()
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        pending += chunk
        while len(pending) >= _SLICE:
            yield b2a_base64(pending[:_SLICE], newline=False)
            del pending[:_SLICE]
    if (size, digest.digest()) != (attachment.size, attachment.sha256):
        raise InvalidMessageError(violation(field, Reason.ATTACHMENT_CHANGED))
    yield b2a_base64(pending, newline=False)
