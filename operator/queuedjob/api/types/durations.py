"""Durations as people write them ("1h30m", "500ms", "off") and as we count with them: seconds, as floats."""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATTERN: Final = r"^([0-9]{1,6}(\.[0-9]+)?(ms|s|m|h))+$"
"""What the API server accepts too, before it asks CEL for the duration's size."""

MAX_LENGTH: Final = 32
LONGEST: Final = "87600h"
"""Ten years. Four times that, the default of timeouts.max, still fits a pod's activeDeadlineSeconds (an int32)."""

OFF: Final = "off"
"""The literal that switches a duration off; None in Python."""

_WHOLE: Final = re.compile(PATTERN)
_PART: Final = re.compile(r"([0-9.]+)(ms|s|m|h)")
_MILLISECONDS: Final = {"ms": 1.0, "s": 1_000.0, "m": 60_000.0, "h": 3_600_000.0}


def parse_duration(text: str) -> float:
    """Seconds in `text`. Raises ValueError for what is no duration."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration of h, m, s and ms, such as 1h30m")
    return sum(float(count) * _MILLISECONDS[unit] for count, unit in _PART.findall(text)) / 1_000.0


def format_duration(seconds: float) -> str:
    """`seconds`, at least 0, as the shortest text of whole h, m, s and ms; smaller fractions are rounded."""
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
    return None if value == OFF else _seconds(value)


def _text_or_off(seconds: float | None) -> str:
    return OFF if seconds is None else format_duration(seconds)


def _schema(*, shortest: str, longest: str = LONGEST, may_be_off: bool = False) -> WithJsonSchema:
    """What the API server checks: length, then syntax, then size, which CEL alone can judge."""
    syntax = PATTERN.replace("\\", "\\\\")
    size = f"duration(self) >= duration('{shortest}') && duration(self) <= duration('{longest}')"
    fits = f"self.matches('{syntax}') && {size}"
    message = f"must be a duration of h, m, s and ms, such as 1h30m, from {shortest} to {longest}"
    if may_be_off:
        fits, message = f"self == '{OFF}' || ({fits})", f"{message}, or {OFF}"
    return WithJsonSchema(
        {
            "type": "string",
            "maxLength": MAX_LENGTH,
            "x-kubernetes-validations": [{"rule": fits, "message": message}],
        }
    )


Duration = Annotated[float, BeforeValidator(_seconds), PlainSerializer(format_duration), _schema(shortest="0s")]
"""A field that holds seconds; "1h30m" in JSON."""

Pause = Annotated[
    float, BeforeValidator(_seconds), PlainSerializer(format_duration), _schema(shortest="0s", longest="24h")
]
"""The same, at most a day: what a job may ask to be left alone for."""

Deadline = Annotated[float, BeforeValidator(_seconds), PlainSerializer(format_duration), _schema(shortest="1s")]
"""The same, at least 1 s: Kubernetes counts a pod's deadline in whole seconds, and none may be 0."""

DurationOrOff = Annotated[
    float | None,
    BeforeValidator(_seconds_or_off),
    PlainSerializer(_text_or_off),
    _schema(shortest="0s", may_be_off=True),
]
"""A field that holds seconds, or None for "off"."""

DeadlineOrOff = Annotated[
    float | None,
    BeforeValidator(_seconds_or_off),
    PlainSerializer(_text_or_off),
    _schema(shortest="1s", may_be_off=True),
]
"""The same, at least 1 s."""

HeartbeatOrOff = Annotated[
    float | None,
    BeforeValidator(_seconds_or_off),
    PlainSerializer(_text_or_off),
    _schema(shortest="3s", may_be_off=True),
]
"""The same, at least 3 s: kubelets probe once a second at most, and one slow answer must not look like silence."""
