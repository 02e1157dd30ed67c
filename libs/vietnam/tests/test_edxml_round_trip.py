"""What is written is what is read."""

from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam.edxml import DocumentMessage, MemorySink, StatusMessage, read, validate

from .messages import CONTENTS, DOCUMENTS, STATUSES, TODAY, with_contents, written


@settings(max_examples=40, deadline=None)
@given(DOCUMENTS, CONTENTS, st.integers(1, 5000))
def test_reading_a_written_document_gives_the_same_document(
    message: DocumentMessage,
    contents: list[bytes],
    step: int,
) -> None:
    message = with_contents(message, contents, identified=step % 2 == 0)
    data = written(message, *contents)
    sink = MemorySink()
    chunks = (data[start : start + step] for start in range(0, len(data), step))
    assert read(chunks, sink, today=TODAY) == message
    assert [bytes(content) for content in sink.contents] == contents


@settings(max_examples=40, deadline=None)
@given(STATUSES)
def test_reading_a_written_status_gives_the_same_status(message: StatusMessage) -> None:
    assert read([written(message)], MemorySink(), today=TODAY) == message


@settings(max_examples=40, deadline=None)
@given(DOCUMENTS | STATUSES)
def test_a_message_within_the_rules_has_no_violations(message: DocumentMessage | StatusMessage) -> None:
    assert validate(message, today=TODAY) == ()
