"""What a caller is told when files cannot be kept now: the disk is full, the blob store is away."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from decider.refusal import Kind, Refusal
from obstore.exceptions import BaseError

_log = logging.getLogger(__name__)


@contextmanager
def storing() -> Iterator[None]:
    """Refuse with STORAGE_UNAVAILABLE what fails in files or in the blob store; the operator is told why."""
    try:
        yield
    except (OSError, BaseError) as error:
        _log.warning("files cannot be kept now: %s", error)
        raise Refusal(
            Kind.UNAVAILABLE,
            "STORAGE_UNAVAILABLE",
            en="Files cannot be stored now; nothing of this one was. Send the same request, with the same request id, "
            "again.",
            vi="Hiện không lưu được tệp; chưa lưu gì của tệp này. Hãy gửi lại chính yêu cầu này, giữ nguyên mã yêu "
            "cầu.",
        ) from error
