"""The push scanner: bytes in, a small tree out, attachments straight into a sink, in bounded memory.

Built on expat with everything refused that a hostile message needs: document types, entities, other
encodings, foreign namespaces, depth, numbers and sizes beyond the limits. Decisions hang on the whole path of
an element, never on its name alone, so nothing inside a signature can pose as a part of the message.
"""

from typing import Final, NoReturn
from xml.parsers import expat

from ..errors import EdxmlError, LimitExceededError, MalformedMessageError, violation
from ..reasons import Reason
from .attachments import AttachmentSink, ContentReceiver
from .limits import Limits
from .namespaces import DSIG, EDXML, canonical
from .node import Node

SLICE: Final = 64 * 1024
"""Bytes given to expat at once. Smaller pieces are collected first, so that scanning an unfinished tag again
and again (CVE-2023-52425) stays cheap whatever sizes the sender chooses."""

_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_CONTENT: Final = ["edXML", "AttachmentEncoded", "Attachment", "ContentTransferEncoded"]
_ATTACHMENT: Final = _CONTENT[:-1]
_SIGNATURE: Final = ["edXML", "edXMLEnvelope", "edXMLHeader", "DigitalSignature"]


class Scanned:
    """What a scan yields: the tree, (size, SHA-256) by attachment index, and whether it is signed."""

    def __init__(self) -> None:
        self.root = Node()
        self.contents: dict[int, tuple[int, bytes]] = {}
        self.has_signature = False


class Scanner:
    """Feed bytes, then close. After an error every further call raises the same error."""

    def __init__(self, sink: AttachmentSink, limits: Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._result = Scanned()
        self._nodes: list[Node] = []
        self._names: list[str] = []
        self._signature_depth = 0
        self._content: ContentReceiver | None = None
        self._content_start = self._content_bytes = 0
        self._attachments = self._elements = self._received = self._parsed = 0
        self._pending = bytearray()
        self._failure: Exception | None = None
        self._parser = self._hardened_parser()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, pieces of any size. Raises `MalformedMessageError` or `LimitExceededError`."""
        self._received += len(chunk)
        if self._received > self._limits.message_bytes:
            self._fail(_exceeded(Reason.MESSAGE_TOO_LARGE, self._limits.message_bytes))
        self._pending += chunk
        if len(self._pending) >= SLICE:
            data, self._pending = bytes(self._pending), bytearray()
            for start in range(0, len(data), SLICE):
                self._parse(data[start : start + SLICE], final=False)

    def close(self) -> Scanned:
        """Tell that no more comes and return what was read. Raises as `feed`."""
        self._parse(bytes(self._pending), final=True)
        return self._result

    def _parse(self, data: bytes, *, final: bool) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            if not self._parsed:
                _check_start(data)
            self._parsed += len(data)
            self._parser.Parse(data, final)
            self._check_header_size()
        except expat.ExpatError as error:
            position = {"line": error.lineno, "column": error.offset}
            self._fail(MalformedMessageError(violation("", Reason.NOT_WELL_FORMED, **position)))
        except Exception as error:
            self._failure = error
            raise

    def _check_header_size(self) -> None:
        """Bound all that is not content, a tag or comment that is not finished yet included."""
        content = self._content_bytes
        if self._content is not None:
            content += self._parser.CurrentByteIndex - self._content_start
        if self._parsed - content > self._limits.header_bytes:
            raise _exceeded(Reason.HEADER_TOO_LARGE, self._limits.header_bytes)

    def _fail(self, error: EdxmlError) -> NoReturn:
        self._failure = error
        raise error

    def _hardened_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.buffer_size = SLICE
        parser.XmlDeclHandler = _check_encoding
        parser.StartDoctypeDeclHandler = _forbid
        parser.EntityDeclHandler = _forbid
        parser.ExternalEntityRefHandler = _forbid
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        return parser

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > self._limits.elements:
            raise _exceeded(Reason.TOO_MANY_ELEMENTS, self._limits.elements)
        if len(self._names) + self._signature_depth >= self._limits.depth:
            raise _exceeded(Reason.TOO_DEEP, self._limits.depth)
        namespace, _, name = full_name.rpartition(" ")
        if self._names == _SIGNATURE:
            self._signature_depth += 1
            self._result.has_signature |= (namespace, name, self._signature_depth) == (DSIG, "Signature", 1)
            return
        if namespace != EDXML:
            raise MalformedMessageError(violation("", Reason.WRONG_NAMESPACE))
        self._descend(canonical(name), attributes)

    def _descend(self, name: str, attributes: dict[str, str]) -> None:
        if self._content is not None:
            raise MalformedMessageError(violation(self._content_field(), Reason.UNEXPECTED_ELEMENT))
        node = Node(attributes)
        if self._nodes:
            self._nodes[-1].children.setdefault(name, []).append(node)
        elif name == "edXML":
            self._result.root = node
        else:
            raise MalformedMessageError(violation("", Reason.WRONG_ROOT))
        self._nodes.append(node)
        self._names.append(name)
        if self._names == _ATTACHMENT:
            self._count_attachment()
        elif self._names == _CONTENT:
            self._open_content()

    def _count_attachment(self) -> None:
        self._attachments += 1
        if self._attachments > self._limits.attachments:
            raise _exceeded(Reason.TOO_MANY_ATTACHMENTS, self._limits.attachments)

    def _content_field(self) -> str:
        return f"AttachmentEncoded.Attachment[{self._attachments - 1}].ContentTransferEncoded"

    def _open_content(self) -> None:
        index, field = self._attachments - 1, self._content_field()
        if index in self._result.contents:
            raise MalformedMessageError(violation(field, Reason.DUPLICATE_ELEMENT))
        self._content_start = self._parser.CurrentByteIndex
        self._content = ContentReceiver(field, self._sink.open(index), self._limits.attachment_bytes)

    def _text(self, text: str) -> None:
        if self._content is not None:
            self._content.feed(text)
            return
        if self._signature_depth:
            return
        node = self._nodes[-1]
        node.length += len(text)
        if node.length > self._limits.element_text:
            raise _exceeded(Reason.ELEMENT_TOO_LONG, self._limits.element_text)
        node.parts.append(text)

    def _end(self, full_name: str) -> None:
        del full_name
        if self._signature_depth:
            self._signature_depth -= 1
            return
        if self._content is not None:
            self._result.contents[self._attachments - 1] = (self._content.size, self._content.finish())
            self._content_bytes += self._parser.CurrentByteIndex - self._content_start
            self._content = None
        self._nodes.pop()
        self._names.pop()


def _check_start(data: bytes) -> None:
    """Refuse UTF-16: expat recognises it by its first bytes, whatever encoding it was told to expect."""
    if data.startswith(_UTF_16_MARKS) or b"\x00" in data[:4]:
        raise MalformedMessageError(violation("", Reason.ENCODING_NOT_SUPPORTED))


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    """Refuse another encoding: a second parser, as that of the signature, might read it differently."""
    del version, standalone
    if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
        raise MalformedMessageError(violation("", Reason.ENCODING_NOT_SUPPORTED))


def _forbid(*_: object) -> NoReturn:
    raise MalformedMessageError(violation("", Reason.DTD_FORBIDDEN))


def _exceeded(reason: Reason, limit: int) -> LimitExceededError:
    return LimitExceededError(violation("", reason, limit=limit))
