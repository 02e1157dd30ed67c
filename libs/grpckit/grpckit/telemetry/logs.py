"""The lines that a process logs, on its standard error.

    LIENTHONG_LOG_FORMAT    text, the default, or json: one object a line
    LIENTHONG_LOG_LEVEL     WARNING by default

A line of json has time, level, logger and message; trace_id and span_id where it was logged in a span; error where an
exception was logged; and the fields that were given with it. In both formats an exception is told by its type and the
places it came through, not by its text: that often repeats the value at fault, which may be personal data.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from opentelemetry.trace import get_current_span
from pydantic_settings import BaseSettings, SettingsConfigDict

from grpckit.incident import places

if TYPE_CHECKING:
    from types import TracebackType

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime"}  # what every log record has


class LogSettings(BaseSettings):
    """What can be set, each as an environment variable LIENTHONG_LOG_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_LOG_", frozen=True)

    format: Literal["text", "json"] = "text"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "WARNING"


class TextFormatter(logging.Formatter):
    """A line for people."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Tell types and places."""
        return _told(ei)


class JsonFormatter(logging.Formatter):
    """A line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one object."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        span = get_current_span().get_span_context()
        if span.is_valid:
            line |= {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"}
        if record.exc_info:
            line["error"] = _told(record.exc_info)
        more = {name: value for name, value in vars(record).items() if name not in _OWN}
        return json.dumps(more | line, ensure_ascii=False, default=str)


def configure_logs(settings: LogSettings) -> None:
    """Have everything logged go to the standard error, as it is set; once in a process."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    logging.basicConfig(level=settings.level, handlers=[handler])
    kafkas = logging.getLogger("kafka")
    kafkas.setLevel(logging.CRITICAL)  # it tells of each try to connect, many times a second; we tell of it once


def _told(
    caught: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
) -> str:
    return "" if caught[1] is None else places(caught[1])
