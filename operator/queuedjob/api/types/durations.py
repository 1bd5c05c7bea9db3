"""Durations: text in JSON ("1h30m", "500ms", "never"), seconds as floats in Python."""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATTERN: Final = r"^([0-9]{1,6}(\.[0-9]+)?(ms|s|m|h))+$"
"""The syntax of a duration. The API server checks the same syntax before CEL checks the duration's size."""

MAX_LENGTH: Final = 32
LONGEST: Final = "87600h"
"""Ten years. Four times as long, the default of timeouts.max, still fits a pod's activeDeadlineSeconds (an int32)."""

OFF: Final = "never"
"""The text that switches a duration off, as the operator writes it. It is None in Python."""

OFF_WORDS: Final = (OFF, "off")
"""All texts that switch a duration off. YAML reads `off` without quotes as a boolean, and leaves `never` alone."""

_WHOLE: Final = re.compile(PATTERN)
_PART: Final = re.compile(r"([0-9.]+)(ms|s|m|h)")
_MILLISECONDS: Final = {"ms": 1.0, "s": 1_000.0, "m": 60_000.0, "h": 3_600_000.0}


def parse_duration(text: str) -> float:
    """Parse `text` into seconds. Raises ValueError if `text` is not a duration."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration of h, m, s and ms, such as 1h30m")
    return sum(float(count) * _MILLISECONDS[unit] for count, unit in _PART.findall(text)) / 1_000.0


def format_duration(seconds: float) -> str:
    """Format `seconds`, at least 0, as the shortest text of whole h, m, s and ms. Round to whole milliseconds."""
    milliseconds = round(seconds * 1_000)
    parts = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _seconds_or_off(value: object) -> object:
    return None if value in OFF_WORDS else _seconds(value)


def _text_or_off(seconds: float | None) -> str:
    return OFF if seconds is None else format_duration(seconds)


def _schema(*, shortest: str, longest: str = LONGEST, may_be_off: bool = False) -> WithJsonSchema:
    """The API server's checks: first the length, then the syntax, then the size, which only CEL can compare."""
    syntax = PATTERN.replace("\\", "\\\\")
    size = f"duration(self) >= duration('{shortest}') && duration(self) <= duration('{longest}')"
    fits = f"self.matches('{syntax}') && {size}"
    message = f"must be a duration of h, m, s and ms, such as 1h30m, from {shortest} to {longest}"
    if may_be_off:
        fits, message = f"self in {list(OFF_WORDS)} || ({fits})", f"{message}, or {OFF}"
    return WithJsonSchema(
        {
            "type": "string",
            "maxLength": MAX_LENGTH,
            "x-kubernetes-validations": [{"rule": fits, "message": message}],
        }
    )


Duration = Annotated[float, BeforeValidator(_seconds), PlainSerializer(format_duration), _schema(shortest="0s")]
"""A field that holds seconds. In JSON it is text such as "1h30m"."""

Pause = Annotated[
    float, BeforeValidator(_seconds), PlainSerializer(format_duration), _schema(shortest="0s", longest="24h")
]
"""A Duration of at most a day: the wait that a job may ask for before its next attempt."""

Deadline = Annotated[float, BeforeValidator(_seconds), PlainSerializer(format_duration), _schema(shortest="1s")]
"""A Duration of at least 1 s: Kubernetes counts a pod's deadline in whole seconds, and 0 is not allowed."""

DurationOrOff = Annotated[
    float | None,
    BeforeValidator(_seconds_or_off),
    PlainSerializer(_text_or_off),
    _schema(shortest="0s", may_be_off=True),
]
"""A field that holds seconds, or None for "never"."""

DeadlineOrOff = Annotated[
    float | None,
    BeforeValidator(_seconds_or_off),
    PlainSerializer(_text_or_off),
    _schema(shortest="1s", may_be_off=True),
]
"""A DurationOrOff of at least 1 s."""

HeartbeatOrOff = Annotated[
    float | None,
    BeforeValidator(_seconds_or_off),
    PlainSerializer(_text_or_off),
    _schema(shortest="3s", may_be_off=True),
]
"""A DurationOrOff of at least 3 s: kubelets probe once a second at most, and one slow answer must not look like
silence."""
