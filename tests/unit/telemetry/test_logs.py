import asyncio
import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from queuedjob.telemetry import logs
from queuedjob.telemetry.probes import Probes
from tests.unit.telemetry.clocks import StillClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_log_event_is_one_json_object_with_its_fields(stream: io.StringIO) -> None:
    logs.configure(StillClock(), stream=stream)
    structlog.get_logger("queuedjob.controllers").info("attempt ended", job="a", attempt=2, duration=1.5, rule="exit")
    assert lines(stream) == [
        {
            "timestamp": "2030-03-17T17:46:40.000Z",
            "level": "info",
            "event": "attempt ended",
            "logger": "queuedjob.controllers",
            "job": "a",
            "attempt": 2,
            "duration": 1.5,
            "rule": "exit",
        }
    ]


def test_a_json_line_begins_with_time_level_event_and_job(stream: io.StringIO) -> None:
    logs.configure(StillClock(), stream=stream)
    structlog.get_logger().info("attempt ended", rule="exit", pod="p", job="a", namespace="n")
    assert list(lines(stream)[0])[:6] == ["timestamp", "level", "event", "namespace", "job", "pod"]


def test_the_fields_of_a_console_line_begin_with_namespace_and_job() -> None:
    terminal = Terminal()
    logs.configure(StillClock(), style=logs.Style.CONSOLE, stream=terminal)
    structlog.get_logger().info("attempt ended", duration=1, attempt=2, job="a", namespace="n")
    said = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert re.findall(r"(\w+)=", said) == ["namespace", "job", "attempt", "duration"]


def test_timestamps_come_from_the_clock(stream: io.StringIO) -> None:
    clock = StillClock()
    logs.configure(clock, stream=stream)
    clock.advance(1.25)
    structlog.get_logger().info("start")
    logging.getLogger("aiohttp.client").error("bad answer")
    assert [line["timestamp"] for line in lines(stream)] == ["2030-03-17T17:46:41.250Z"] * 2


def test_lines_of_libraries_are_json_too(stream: io.StringIO) -> None:
    logs.configure(StillClock(), stream=stream)
    logging.getLogger("kopf._core.engines").info("Starting %s", "up", extra={"k8s_ref": {"name": "a"}, "other": 1})
    (line,) = lines(stream)
    assert (line["event"], line["message"], line["level"]) == ("kopf", "Starting up", "info")
    assert line["k8s_ref"] == {"name": "a"}
    assert "other" not in line


def test_a_python_warning_is_a_json_line(stream: io.StringIO) -> None:
    logs.configure(StillClock(), stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old" in lines(stream)[0]["message"]


@pytest.mark.parametrize("level", ["INFO", "info", "WARNING"])
def test_lines_below_the_level_are_not_written(stream: io.StringIO, level: str) -> None:
    logs.configure(StillClock(), level=level, stream=stream)
    structlog.get_logger().debug("detail")
    logging.getLogger("aiohttp").debug("detail")
    assert stream.getvalue() == ""


def test_debug_shows_details(stream: io.StringIO) -> None:
    logs.configure(StillClock(), level="DEBUG", stream=stream)
    structlog.get_logger().debug("detail")
    assert [line["event"] for line in lines(stream)] == ["detail"]


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_kopfs_line_for_every_event_of_every_object_is_left_out(stream: io.StringIO, level: str) -> None:
    logs.configure(StillClock(), level=level, stream=stream)
    logging.getLogger("kopf.objects").info("Handler succeeded.")
    logging.getLogger("kopf.objects").warning("Handler failed.")
    assert [line["message"] for line in lines(stream)] == ["Handler failed."]


def test_a_quieter_level_quiets_kopf_too(stream: io.StringIO) -> None:
    logs.configure(StillClock(), level="ERROR", stream=stream)
    logging.getLogger("kopf.objects").warning("Handler failed.")
    assert stream.getvalue() == ""


def test_an_unknown_level_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"'LOUD': DEBUG, INFO"):
        logs.configure(StillClock(), level="LOUD")


def test_an_exception_comes_with_its_traceback_in_one_line(stream: io.StringIO) -> None:
    logs.configure(StillClock(), stream=stream)
    try:
        int("no number")
    except ValueError:
        structlog.get_logger().exception("reconcile failed", job="a")
        logging.getLogger("aiohttp.client").exception("Unclosed connection")
    ours, theirs = lines(stream)
    assert ours["exception"].endswith("'no number'")
    assert theirs["exception"].endswith("'no number'")


def test_a_field_of_any_type_gives_a_line(stream: io.StringIO) -> None:
    logs.configure(StillClock(), stream=stream)
    fields = {
        "when": datetime(2030, 1, 1, tzinfo=UTC),
        "words": "\ud800\n",
        "error": ValueError("x"),
        "kinds": {"pods"},
    }
    structlog.get_logger().info("odd", **fields)
    (line,) = lines(stream)
    assert (line["when"], line["error"], line["kinds"]) == ("2030-01-01T00:00:00+00:00", "x", "{'pods'}")


def test_fields_bound_to_the_context_are_on_every_line_below(stream: io.StringIO) -> None:
    logs.configure(StillClock(), stream=stream)
    with structlog.contextvars.bound_contextvars(job="a"):
        structlog.get_logger().info("pod created")
    structlog.get_logger().info("idle")
    assert [line.get("job") for line in lines(stream)] == ["a", None]


def test_configuring_again_replaces_the_stream_the_level_and_the_clock(stream: io.StringIO) -> None:
    log = structlog.get_logger("made before")
    logs.configure(StillClock(), stream=stream)
    log.info("first")
    later = io.StringIO()
    logs.configure(StillClock(wall=0.0), level="WARNING", stream=later)
    log.info("second")
    log.warning("third")
    assert [line["event"] for line in lines(stream)] == ["first"]
    assert [(line["event"], line["timestamp"]) for line in lines(later)] == [("third", "1970-01-01T00:00:00.000Z")]


def test_handlers_of_other_code_are_not_removed(stream: io.StringIO) -> None:
    theirs = logging.NullHandler()
    logging.getLogger().addHandler(theirs)
    logs.configure(StillClock(), stream=stream)
    assert theirs in logging.getLogger().handlers


def test_the_console_style_writes_text_to_a_terminal() -> None:
    terminal = Terminal()
    logs.configure(StillClock(), style=logs.Style.CONSOLE, stream=terminal)
    structlog.get_logger().info("attempt ended")
    assert "attempt ended" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_the_default_style_writes_json_to_a_terminal() -> None:
    terminal = Terminal()
    logs.configure(StillClock(), stream=terminal)
    structlog.get_logger().info("attempt ended")
    assert lines(terminal)[0]["event"] == "attempt ended"


def test_the_console_style_writes_json_where_there_is_no_terminal(stream: io.StringIO) -> None:
    logs.configure(StillClock(), style=logs.Style.CONSOLE, stream=stream)
    structlog.get_logger().info("attempt ended")
    assert lines(stream)[0]["event"] == "attempt ended"


def test_without_a_stream_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(StillClock())
    structlog.get_logger().info("start")
    assert json.loads(capsys.readouterr().err)["event"] == "start"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is: é", "as it is: é"),
        ("\x1b]52;c;ZWNobyBo\x07", "\\x1b]52;c;ZWNobyBo\\x07"),
        ("two\nlines\u2028three", "two\\nlines\\u2028three"),
        ("turned \u202eround", "turned \\u202eround"),
        ("x" * 1_001, "x" * 1_000 + "... (1 characters more)"),
    ],
)
def test_text_from_elsewhere_is_escaped_and_cut(stream: io.StringIO, text: str, shown: str) -> None:
    logs.configure(StillClock(), stream=stream)
    structlog.get_logger("queuedjob").warning("letter refused", error=text)
    assert lines(stream)[0]["error"] == shown


def fail(text: str) -> None:
    raise ValueError(text)


def raised(text: str) -> str:
    """Log an error with this text on a terminal and to a file. Return what the terminal was given, without colours."""
    terminal, stream = Terminal(), io.StringIO()
    for target, style in ((terminal, logs.Style.CONSOLE), (stream, logs.Style.JSON)):
        logs.configure(StillClock(), style=style, stream=target)
        try:
            fail(text)
        except ValueError:
            structlog.get_logger("queuedjob").exception("reconcile broken")
    said = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    (line,) = lines(stream)
    assert said.partition("\n")[2].strip() == line["exception"]
    return said


def test_the_text_of_an_exception_does_nothing_to_a_terminal() -> None:
    said = raised("\x1b]52;c;ZWNobyBo\x07 turned \u202eround\r over\nnext line")
    assert "ValueError: \\x1b]52;c;ZWNobyBo\\x07 turned \\u202eround\\r over\nnext line" in said
    assert not any(hidden in said for hidden in "\x1b\x07\u202e\r")


def test_of_a_long_traceback_the_beginning_and_the_end_are_kept() -> None:
    said = raised(f"first{'x' * 1_000_000}last")
    assert said.splitlines()[1] == "Traceback (most recent call last):"
    assert "ValueError: first" in said
    assert said.rstrip().endswith("last")
    assert re.search(r"x\.\.\. \(99\d{4} characters more\) \.\.\.x", said)
    assert len(said) < 11_000


def test_a_short_traceback_is_whole() -> None:
    assert "characters more" not in raised("x" * 5_000)


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", id="a length below zero"),
        pytest.param(b"garbage\r\n\r\n", id="no HTTP"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", id="a long header"),
    ],
)
async def test_a_bad_request_to_the_probes_is_answered_and_not_logged(
    stream: io.StringIO, level: str, request_bytes: bytes
) -> None:
    logs.configure(StillClock(), level=level, stream=stream)
    probes = Probes(live=[], ready=[], metrics=lambda _: (b"", "text/plain"), host="127.0.0.1", port=0)
    await probes.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", probes.port)
        writer.write(request_bytes)
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.0 400 ")
        writer.close()
    finally:
        await probes.stop()
    assert stream.getvalue() == ""
