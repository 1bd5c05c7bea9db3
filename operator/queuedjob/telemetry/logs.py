"""Logs: one JSON object per line on stderr, for the operator's own lines and for those of kopf and aiohttp.

An event is a short noun, and its details are fields, so that logs can be searched by job without a pattern:

    log = structlog.get_logger(__name__)
    log.info("attempt ended", namespace=..., job=..., queue=..., type=..., attempt=2, pod=..., rule=..., duration=3.2)

The operator's fields: namespace, job, queue, type, attempt (its number), pod, class and rule (of the attempt's end, as
in the status), step (of the plan, which led to the write), phase, reason, duration (seconds), error.
`structlog.contextvars.bound_contextvars` adds fields to every line logged inside it. Payloads, environments and whole
objects are never logged: they may hold secrets. Refusals of the API server quote what users wrote, so the text of every
field is escaped and cut (one_line), that of a traceback, too, which keeps its lines. A library's line has the library's
name as the event and the line's text as `message`.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from queuedjob.ports import Clock

_QUIETER: Final = {
    "kopf.objects": logging.WARNING,  # a line for each event of each object; the operator's own lines have more detail
    "aiohttp.server": logging.CRITICAL,  # a traceback for each bad request, of unknown clients
    "asyncio": logging.WARNING,  # the selector that it uses
    "urllib3": logging.WARNING,  # a line for every connection that reads a kubeconfig's credentials
}
"""Loggers of libraries that log too much at the operator's own level."""

_FIRST: Final = ("timestamp", "level", "event", "namespace", "job", "attempt", "pod")
"""The fields that a line begins with, if it has them: what a reader looks for first."""


class Style(StrEnum):
    """The form of the log lines."""

    JSON = "json"
    CONSOLE = "console"
    """For people: key=value with colours on a terminal; JSON if the output is not a terminal."""


class _Handler(logging.StreamHandler[TextIO]):
    """A class of its own, so that a second `configure` replaces this handler and no other."""


def configure(clock: Clock, *, level: str = "INFO", style: Style = Style.JSON, stream: TextIO | None = None) -> None:
    """Send all logs of this process to `stream` (stderr), stamped by `clock`. A second call replaces the first.

    `level` is DEBUG, INFO, WARNING, ERROR or CRITICAL. Raises ValueError for another level.
    """
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"no log level is called {level!r}: DEBUG, INFO, WARNING, ERROR and CRITICAL are")
    target = sys.stderr if stream is None else stream
    handler = _Handler(target)
    handler.setFormatter(_formatter(clock, for_people=style is Style.CONSOLE and target.isatty()))
    root = logging.getLogger()
    root.handlers = [*(h for h in root.handlers if not isinstance(h, _Handler)), handler]
    root.setLevel(threshold)
    for name, quieter in _QUIETER.items():
        logging.getLogger(name).setLevel(max(threshold, quieter))
    logging.captureWarnings(capture=True)  # a Python warning on stderr would not be JSON
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


_EXCEPTION: Final = "exception"
"""The field of the traceback (structlog.processors.format_exc_info)."""

_LONGEST: Final = 1_000
"""Characters of one field."""

_LONGEST_TRACEBACK: Final = 10_000
"""Characters of a traceback: its end names the error, its beginning the first of several that caused each other."""

_HIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
"""Characters that move a terminal's cursor, change its state, or hide or turn round the text beside them."""


def one_line(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line, with hidden characters as escapes, and cut to `longest` characters."""
    left_out = len(text) - longest
    shown = text if left_out <= 0 else f"{text[:longest]}... ({left_out} characters more)"
    return _escaped(shown)


def _traceback(text: str) -> str:
    """`text` with hidden characters as escapes, line feeds excepted, and cut in its middle."""
    left_out = len(text) - _LONGEST_TRACEBACK
    if left_out > 0:
        half = _LONGEST_TRACEBACK // 2
        text = f"{text[:half]}... ({left_out} characters more) ...{text[-half:]}"
    return "\n".join(map(_escaped, text.split("\n")))


def _escaped(text: str) -> str:
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _tame(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tame the text of every field: it may come from a user, by way of the API server."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _traceback(value) if key == _EXCEPTION else one_line(value)
    return event


def _formatter(clock: Clock, *, for_people: bool) -> logging.Formatter:
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp(clock),
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _tame,
    ]
    render: list[Processor] = (
        [_in_order, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, sort_keys=False)]
        if for_people
        else [_in_order, structlog.processors.JSONRenderer(default=_as_json)]
    )
    return structlog.stdlib.ProcessorFormatter(
        # kopf names the object of a line in k8s_ref
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow=("k8s_ref",)), _as_message],
        processors=[*shared, *render],
    )


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        moment = datetime.fromtimestamp(clock.wall(), UTC)
        event["timestamp"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return event

    return stamp


def _as_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Move the text of a library's line to `message`: it is not a noun, as an event must be."""
    event["message"] = event["event"]
    event["event"] = event["_record"].name.partition(".")[0]
    return event


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**{key: event[key] for key in _FIRST if key in event}, **event}


def _as_json(value: Any) -> str:  # noqa: ANN401 - a log line may contain any type
    return value.isoformat() if isinstance(value, datetime) else str(value)
