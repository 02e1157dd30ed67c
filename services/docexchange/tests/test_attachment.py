"""The file that an agency has uploaded."""

from __future__ import annotations

from decider.specification import given
from docexchange_service import attachment
from docexchange_service.attachment import ATTACHMENT
from lienthong.docexchange.v1 import events_pb2 as e

from .documents import FILE, sent

STORED = e.AttachmentStored(agency="G22", sha256=FILE, size=0)


def test_an_upload_is_noted_once() -> None:
    given(ATTACHMENT).when(lambda state: attachment.decide_store(state, agency="G22", sha256=FILE, size=0)).then(STORED)
    given(ATTACHMENT, STORED).when(
        lambda state: attachment.decide_store(state, agency="G22", sha256=FILE, size=0)
    ).then_nothing()


def test_its_state_is_its_size_and_an_empty_file_is_one_too() -> None:
    assert given(ATTACHMENT).state is None
    assert given(ATTACHMENT, STORED).state == 0
    assert given(ATTACHMENT, STORED, sent()).state == 0


def test_each_agency_has_a_stream_of_its_own_for_the_same_bytes() -> None:
    assert attachment.stream_of("G22", FILE) != attachment.stream_of("H41", FILE)
    assert attachment.stream_of("G22", b"\1" * 32) == "attachment-G22-" + "01" * 32
