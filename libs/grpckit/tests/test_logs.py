"""Lines of the log: for people or for programs, with the trace that they belong to, and without personal data."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from grpckit.incident import Refused, log_refusal, report_incident
from grpckit.telemetry.logs import JsonFormatter, LogSettings, TextFormatter, configure_logs
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from pydantic import ValidationError

SPAN = SpanContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, False, TraceFlags(TraceFlags.SAMPLED))
SECRET = "Nguyễn Văn A"  # noqa: S105 - a person's name


def json_line(record: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(record)
    assert "\n" not in line
    told: dict[str, Any] = json.loads(line)
    return told


def _fail() -> None:
    try:
        dict[str, int]()[SECRET]
    except KeyError as cause:
        raise ValueError(SECRET) from cause


def failed() -> logging.LogRecord:
    """Return what is logged where an exception with a person's name in it was caught."""
    try:
        _fail()
    except ValueError as error:
        caught = (type(error), error, error.__traceback__)
    return logging.LogRecord("eventlog", logging.ERROR, "here.py", 1, "a batch of %d failed", (3,), caught)


def test_a_line_has_its_fields_and_the_trace_in_which_it_was_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log_refusal(Refused("KEY_UNKNOWN", "/x.Y/Z", "h41-qlvb"))
    with use_span(NonRecordingSpan(SPAN)):
        log_refusal(Refused("KEY_UNKNOWN", "/x.Y/Z", "h41-qlvb"))
        outside, inside = (json_line(record) for record in caplog.records)
    del outside, inside["time"]
    assert inside == {
        "level": "INFO",
        "logger": "grpckit",
        "message": "refused /x.Y/Z to h41-qlvb: KEY_UNKNOWN",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "reason": "KEY_UNKNOWN",
        "method": "/x.Y/Z",
        "system": "h41-qlvb",
        "peer": "",
    }


def test_outside_of_a_span_a_line_has_no_trace() -> None:
    assert not {"trace_id", "span_id"} & json_line(failed()).keys()


def test_what_was_caught_is_told_by_kinds_and_places_without_its_text() -> None:
    line = json_line(failed())
    assert line["message"] == "a batch of 3 failed"
    assert "builtins.ValueError" in line["error"]
    assert "builtins.KeyError" in line["error"]
    assert "test_logs.py" in line["error"]
    for told in (json.dumps(line, ensure_ascii=False), TextFormatter().format(failed())):
        assert SECRET not in told
        assert "ValueError" in told


def test_an_incident_is_one_object_without_the_text_of_its_error(caplog: pytest.LogCaptureFixture) -> None:
    incident = report_incident("/x.Y/Z", ValueError(SECRET))
    [record] = caplog.records
    line = json_line(record)
    assert (line["incident"], line["method"], line["error"]) == (incident, "/x.Y/Z", "ValueError")
    assert SECRET not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("name", ["FORMAT", "LEVEL"])
def test_what_is_not_offered_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"LIENTHONG_LOG_{name}", "loud")
    with pytest.raises(ValidationError, match=name.lower()):
        LogSettings()


def test_the_level_and_the_format_are_those_that_are_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setenv("LIENTHONG_LOG_FORMAT", "json")
    monkeypatch.setenv("LIENTHONG_LOG_LEVEL", "INFO")
    configure_logs(LogSettings())
    logging.getLogger("x").info("heard", extra={"place": "đây"})
    logging.getLogger("x").debug("not heard")
    logging.getLogger("kafka").warning("not heard either")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line) | {"time": ""} == {
        "time": "",
        "level": "INFO",
        "logger": "x",
        "message": "heard",
        "place": "đây",
    }
