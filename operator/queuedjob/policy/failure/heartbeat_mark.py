"""Heartbeats: how our liveness probe marks a job that was silent too long, and how the mark is read again. Pure.

The mark is a line of its own at the end of the termination message: it survives the kill that follows, whatever the
job's exit code is then, and it is no JSON, so it takes nothing from what the job says there itself.
"""

import re
from typing import Final

from queuedjob.api.types.durations import format_duration

_WORDS: Final = "queuedjob: no heartbeat for "
_MARK: Final = re.compile(rf"^{_WORDS}((?:[0-9]{{1,12}}(?:ms|h|m|s))+)$")


def mark(silence: float) -> str:
    """The line that says that a job was silent for so many seconds."""
    return f"{_WORDS}{format_duration(silence)}"


def read_mark(message: str) -> tuple[str, str]:
    """How long the job was silent, as the last mark in a termination message says, and the message without any mark.

    Empty where there is none, or where the job wrote over it.
    """
    if _WORDS not in message:
        return "", message
    silence, others = "", []
    for line in message.split("\n"):
        if found := _MARK.match(line):
            silence = found[1]
        else:
            others.append(line)
    return silence, "\n".join(others)
