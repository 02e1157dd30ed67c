"""Joins the manifest of a message (danh mục tệp đính kèm) to the attachments, by content id."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

from ..errors import Violation, violation
from ..reasons import Reason
from .binding import Element
from .leaf import CONTENT_ID, text
from .mapping import read_fields
from .message import Attachment
from .namespaces import XLINK
from .node import Node
from .scanner import Scanned


@dataclass(frozen=True, slots=True)
class Reference:
    """A line of the manifest."""

    description: Annotated[str, Element("Description", text(500))] = ""
    name: Annotated[str, Element("AttachmentName", text(200))] = ""
    content_type: Annotated[str, Element("ContentType", text(100))] = ""
    content_id: Annotated[str, Element("ContentId", CONTENT_ID)] = ""


def read_attachments(scanned: Scanned, found: list[Violation]) -> tuple[Attachment, ...]:
    """Return the attachments in the order of the message; what one part leaves empty the other fills in."""
    references = _references(scanned.root, found)
    attachments = tuple(_attachments(scanned, found))
    stated = {attachment.content_id for attachment in attachments}
    for content_id, (index, _) in references.items():
        if content_id not in stated:
            found.append(violation(f"edXMLManifest.Reference[{index}]", Reason.REFERENCE_WITHOUT_ATTACHMENT))
    return tuple(_complete(attachments, references, found))


def _references(root: Node, found: list[Violation]) -> dict[str, tuple[int, Reference]]:
    references: dict[str, tuple[int, Reference]] = {}
    nodes = root.all("edXMLEnvelope", "edXMLBody", "edXMLManifest", "Reference")
    for index, node in enumerate(nodes):
        field = f"edXMLManifest.Reference[{index}]"
        reference = read_fields(Reference, node, field, found)
        href = node.attributes.get(f"{XLINK} href", "").removeprefix("cid:")
        content_id = reference.content_id or href
        if content_id in references:
            found.append(violation(field, Reason.REFERENCE_DUPLICATE))
        references[content_id] = (index, reference)
    return references


def _attachments(scanned: Scanned, found: list[Violation]) -> Iterator[Attachment]:
    for index, node in enumerate(scanned.root.all("AttachmentEncoded", "Attachment")):
        field = f"AttachmentEncoded.Attachment[{index}]"
        if index not in scanned.contents:
            found.append(violation(field, Reason.ATTACHMENT_WITHOUT_CONTENT))
        size, sha256 = scanned.contents.get(index, (0, b""))
        yield read_fields(Attachment, node, field, found, size=size, sha256=sha256)


def _complete(
    attachments: tuple[Attachment, ...],
    references: dict[str, tuple[int, Reference]],
    found: list[Violation],
) -> Iterator[Attachment]:
    for index, attachment in enumerate(attachments):
        if attachment.content_id not in references:
            field = f"AttachmentEncoded.Attachment[{index}]"
            found.append(violation(field, Reason.ATTACHMENT_WITHOUT_REFERENCE))
            continue
        _, reference = references[attachment.content_id]
        yield replace(
            attachment,
            name=attachment.name or reference.name,
            content_type=attachment.content_type or reference.content_type,
            description=attachment.description or reference.description,
        )
