"""The one line of an attempt's message that tells most about its end. Pure.

It is the last line that a text rule knows or that names an exception; if there is none, the last line that is neither
a frame of a stack trace nor of level INFO or below.
"""

from typing import Final

from queuedjob.policy.failure.text.relevant_line import is_quiet
from queuedjob.policy.failure.text.rules import rules_for
from queuedjob.policy.failure.text.stack_traces import frames_among, names_an_exception

_LINES: Final = 80
"""Lines to look at: as many as the kubelet takes from a log."""


def telling_line(message: str) -> str:
    """Return the line, without the spaces around it; empty if the message has none."""
    lines = [line for line in message.splitlines() if line.strip()][-_LINES:]
    candidates = [line.strip() for line, frame in frames_among(lines) if frame is None and not is_quiet(line)]
    known = (line for line in reversed(candidates) if names_an_exception(line) or rules_for(line))
    return next(known, candidates[-1] if candidates else "")
