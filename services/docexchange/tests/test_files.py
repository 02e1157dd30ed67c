"""Files: streamed up and down whole, readable by the parties of a document that holds them and by nobody else."""

from __future__ import annotations

import asyncio
import hashlib
import random

import pytest
from decider.refusal import Refusal
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.docexchange.v1 import document_service_pb2 as s

from .agency import CHUNK, Agency
from .documents import content
from .installation import Installation

MEGABYTE = 1024 * 1024


async def download(agency: Agency, id_: str, sha256: bytes, offset: int = 0) -> bytes:
    return await agency.got("DownloadAttachment", document=id_, sha256=sha256, offset=offset)


async def unknown(agency: Agency, id_: str, sha256: bytes) -> None:
    """Expect that a file is not to be had."""
    with pytest.raises(Refusal) as caught:
        await download(agency, id_, sha256)
    assert (caught.value.reason, caught.value.violations[0].field) == ("DOCUMENT_UNKNOWN", "sha256")


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * MEGABYTE + 3])
async def test_a_file_comes_back_as_it_was_sent(shared: Installation, size: int) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    data = random.Random(size).randbytes(size)  # noqa: S311 - no secret
    file = await sender.upload(data)
    assert (file.size, file.sha256) == (size, hashlib.sha256(data).digest())
    id_ = (await sender.send(content(attachments=[file]), receiver)).document.id
    answers = [each async for each in receiver.answers("DownloadAttachment", document=id_, sha256=file.sha256)]
    assert (answers[0].size, answers[0].chunk) == (size, b"")
    assert b"".join(each.chunk for each in answers) == data
    assert all(len(each.chunk) <= CHUNK for each in answers)
    for offset in {0, 1, size // 2, CHUNK, max(size - 1, 0), size, size + 1, 2**62}:
        assert await download(receiver, id_, file.sha256, offset) == data[offset:]


@pytest.mark.parametrize("chunk", [1, 7, 1000])
async def test_chunks_may_have_any_size(shared: Installation, chunk: int) -> None:
    sender = await shared.agency()
    data = random.Random(chunk).randbytes(chunk * 50)  # noqa: S311
    assert (await sender.upload(data, size=chunk)).size == len(data)


async def test_the_same_bytes_may_be_uploaded_again_and_at_once(shared: Installation) -> None:
    sender, other = await shared.agency(), await shared.agency()
    data = random.Random(8).randbytes(MEGABYTE)  # noqa: S311
    files = await asyncio.gather(*(each.upload(data) for each in (sender, sender, other, sender)))
    assert len({each.sha256 for each in files}) == 1
    assert (await sender.put("UploadAttachment", data)).size == MEGABYTE


async def test_knowing_a_hash_is_no_right_to_attach_the_file(shared: Installation) -> None:
    owner, rogue = await shared.agency(), await shared.agency()
    file = await owner.upload(b"chi cua toi")
    with pytest.raises(Refusal) as caught:
        await rogue.send(content(attachments=[file]), rogue)
    assert caught.value.violations[0].reason == "ATTACHMENT_UNKNOWN"
    assert caught.value.violations[0].field == "content.attachments[0].sha256"


async def test_knowing_a_hash_is_no_right_to_read_the_file(shared: Installation) -> None:
    sender, receiver, rogue = [await shared.agency() for _ in range(3)]
    file = await sender.upload("nội dung kín".encode())
    id_ = (await sender.send(content(attachments=[file]), receiver)).document.id
    own = (await rogue.send(content(), rogue)).document.id
    await unknown(rogue, id_, file.sha256)
    await unknown(rogue, own, file.sha256)
    await unknown(receiver, id_, bytes(32))
    await unknown(sender, (await sender.send(content(), receiver)).document.id, file.sha256)


async def test_an_update_of_a_foreign_document_does_not_tell_which_files_it_holds(shared: Installation) -> None:
    sender, rogue = await shared.agency(), await shared.agency()
    file = await sender.upload("nội dung kín".encode())
    document = (await sender.send(content(attachments=[file]), sender)).document
    refusals = []
    for attached in (file, d.Attachment(sha256=bytes(32), size=1, name="x")):
        said = content(attachments=[attached])
        with pytest.raises(Refusal) as caught:
            await rogue.call("UpdateDocument", document=document.id, content=said, reason="dò")
        refusals.append((caught.value.reason, [each.field for each in caught.value.violations]))
    assert refusals == [("DOCUMENT_UNKNOWN", ["document"])] * 2


async def test_an_update_may_keep_the_files_and_bring_others_and_both_stay_readable(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    first, second = await sender.upload(b"ban dau"), await sender.upload(b"ban sua")
    document = (await sender.send(content(attachments=[first]), receiver)).document
    document.content.attachments.append(second)
    await sender.call("UpdateDocument", document=document.id, content=document.content, reason="bổ sung")
    change = (await receiver.document(document.id)).deliveries[0].pending[0].id
    await receiver.call("AnswerChange", document=document.id, change=change, answer=s.ANSWER_AGREE)
    del document.content.attachments[:]
    await sender.call("UpdateDocument", document=document.id, content=document.content, reason="rút tệp")
    for file, data in [(first, b"ban dau"), (second, b"ban sua")]:
        assert await download(receiver, document.id, file.sha256) == data


async def test_an_update_cannot_give_a_file_that_the_document_holds_another_size(shared: Installation) -> None:
    sender = await shared.agency()
    file = await sender.upload(b"bay byte")
    document = (await sender.send(content(attachments=[file]), sender)).document
    document.content.attachments[0].size += 1
    with pytest.raises(Refusal) as caught:
        await sender.call("UpdateDocument", document=document.id, content=document.content, reason="sai")
    assert caught.value.violations[0].reason == "ATTACHMENT_SIZE_DIFFERS"


async def test_who_gave_its_copy_back_reads_the_file_no_more(shared: Installation) -> None:
    sender, receiver = await shared.agency(), await shared.agency()
    file = await sender.upload(b"gui nham")
    id_ = (await sender.send(content(attachments=[file]), receiver)).document.id
    await sender.call("RecallDocument", document=id_, reason="gửi nhầm")
    change = (await receiver.document(id_)).deliveries[0].pending[0].id
    await receiver.call("AnswerChange", document=id_, change=change, answer=s.ANSWER_AGREE)
    await unknown(receiver, id_, file.sha256)
    assert await download(sender, id_, file.sha256) == b"gui nham"
