"""Sentences, times and durations in the form that people read."""

from datetime import datetime
from typing import Final

from queuedjob.api.types.durations import format_duration
from queuedjob.api.types.times import format_second

_MINUTE: Final = 60
_HOUR: Final = 3_600


def span(seconds: float) -> str:
    """A duration in at most two units: 850ms, 12s, 4m30s, 2h5m."""
    if seconds < 1:
        return format_duration(max(0.0, seconds))
    unit = 1 if seconds < _HOUR else _MINUTE
    return format_duration(round(seconds / unit) * unit)


def moment(time: datetime, now: datetime) -> str:
    """A point in time, and its distance from now: `2026-03-01T12:00:20Z (in 12s)`."""
    away = (time - now).total_seconds()
    return f"{format_second(time)} ({f'in {span(away)}' if away > 0 else f'{span(-away)} ago'})"


def sentence(words: str) -> str:
    """`words` as a sentence: add a capital letter (unless the first word is a name) and a full stop."""
    text = words.strip()
    if not text:
        return ""
    first = text.split()[0]
    start = text[0].upper() if first.isalpha() and first.islower() else text[0]
    return start + text[1:] + ("" if text[-1] in ".:!?" else ".")


def some(count: int, what: str) -> str:
    """A number of things: `1 attempt`, `2 attempts`, `no attempts`."""
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
