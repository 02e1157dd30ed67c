"""What a caller is told when the log does not take an append."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from eventlog.errors import QueueFull, RecordTooLarge, RequestReused

from decider.refusal import Kind, Refusal

if TYPE_CHECKING:
    from eventlog.errors import LogError


def of(error: LogError) -> Refusal:
    """Return the refusal for an error of the log."""
    if isinstance(error, RequestReused):
        return reused()
    if isinstance(error, QueueFull):
        return _full()
    if isinstance(error, RecordTooLarge):
        return _too_large(error)
    return _unavailable()


def reused() -> Refusal:
    """Refuse a request id that stands for another request."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "REQUEST_ID_REUSED",
        field="request_id",
        en="This request id was used for another request. Choose a new UUID for each new request.",
        vi="Mã yêu cầu này đã dùng cho một yêu cầu khác. Hãy chọn một UUID mới cho mỗi yêu cầu mới.",
    )


def busy(stream: str) -> Refusal:
    """Refuse because others were faster, three times in a row."""
    return Refusal(
        Kind.CONFLICT,
        "STREAM_BUSY",
        en="Others are changing the same entity right now. Send the same request again.",
        vi="Đối tượng này đang được bên khác thay đổi. Hãy gửi lại chính yêu cầu này.",
        metadata={"stream": stream},
    )


def _full() -> Refusal:
    return Refusal(
        Kind.BUSY,
        "LOG_BUSY",
        en="More requests are waiting than may. Send the same request again a little later.",
        vi="Số yêu cầu đang chờ đã đến giới hạn. Hãy gửi lại chính yêu cầu này sau ít phút.",
        retry_after=timedelta(seconds=1),
    )


def _too_large(error: RecordTooLarge) -> Refusal:
    return Refusal(
        Kind.INVALID,
        "RECORD_TOO_LARGE",
        en=f"The request would make a record of {error.size} bytes; at most {error.limit} are possible. Name fewer "
        "recipients, or put long text into an attachment.",
        vi=f"Yêu cầu tạo ra bản ghi {error.size} byte; tối đa {error.limit} byte. Hãy giảm số nơi nhận, hoặc chuyển "
        "nội dung dài vào tệp đính kèm.",
        metadata={"size": str(error.size), "limit": str(error.limit)},
    )


def _unavailable() -> Refusal:
    return Refusal(
        Kind.UNAVAILABLE,
        "LOG_UNAVAILABLE",
        en="The log cannot be written now. Send the same request, with the same request id, again.",
        vi="Hiện không ghi được nhật ký. Hãy gửi lại chính yêu cầu này, giữ nguyên mã yêu cầu.",
    )
