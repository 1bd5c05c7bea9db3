"""Heartbeats: how our liveness probe marks a job that was silent too long, and how the mark is read again. Pure.

The mark is a separate line at the end of the termination message. The mark is still there after the kill that follows,
whatever the exit code of the job is. The mark is not JSON, so it does not replace what the job reports in the message.
"""

import re
from typing import Final

from queuedjob.api.types.durations import format_duration

_WORDS: Final = "queuedjob: no heartbeat for "
_MARK: Final = re.compile(rf"^{_WORDS}((?:[0-9]{{1,12}}(?:ms|h|m|s))+)$")


def mark(silence: float) -> str:
    """The line that reports that a job was silent for `silence` seconds."""
    return f"{_WORDS}{format_duration(silence)}"


def read_mark(message: str) -> tuple[str, str]:
    """Return how long the job was silent, from the last mark in a termination message, and the message without marks.

    The duration is empty if there is no mark, or if the job has overwritten it.
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
