"""Which line of a container's last words counts. Pure.

Last words may be 80 lines of log. The line about the failure is near the end, but seldom the very last line, because
clean-up writes lines after it. So the lines are read from the last line upward, and the first line that any rule knows
decides. Skipped are lines of level INFO and below, which report no failure, and the frames of stack traces with their
source code, which show where the program failed, not why. Of a trace only the line of the exception itself counts. In
Python this line is below the frames, in other languages it is above them; of several exceptions in Java it is the last
`Caused by`, the cause of the others. If no rule knows that line, the trace itself decides: the lines before the trace
did not end the program.
"""

from collections.abc import Iterable
from typing import Final

import re2

from queuedjob.policy.failure.evidence import last_words
from queuedjob.policy.failure.text.http_status import statuses_in
from queuedjob.policy.failure.text.phrases import Phrases, lower_words, words_of
from queuedjob.policy.failure.text.stack_traces import Language, frames_among, is_go_function, names_an_exception
from queuedjob.policy.failure.text.text_rule import TextRule

_LINES: Final = 80
"""Lines that the kubelet takes from a log (pkg/kubelet/kuberuntime, MaxContainerTerminationMessageLogLines)."""

_QUIET: Final = re2.compile(
    r"(?:[^A-Za-z]|[TZ]|UTC)*(?:INFO|DEBUG|TRACE)\b|.*\blevel[\"']?\s*[=:]\s*[\"']?(?i:info|debug|trace)\b"
)
"""A line whose level shows that nothing is wrong: `2030-01-31T09:00:00Z INFO ...`, `{"level": "info"}`."""


def is_quiet(line: str) -> bool:
    """Whether the line's level shows that nothing is wrong."""
    return _QUIET.match(line) is not None


class Reader:
    """Finds what the text rules look for."""

    def __init__(self, rows: Iterable[TextRule]) -> None:
        """Build the search for `rows`. Do this once, because it takes about 50 ms."""
        known = tuple(rows)
        self._phrases = Phrases({row.name: row.phrases for row in known})
        self._by_status = {status: row.name for row in known for status in row.statuses}

    def read(self, text: str) -> frozenset[str]:
        """The names of all rules that know the line which counts: none, one or more."""
        lines = [line for line in last_words(text).splitlines() if line.strip()][-_LINES:]
        trace: Language | None = None
        for line, frame in reversed(list(frames_among(lines))):
            if frame is Language.PYTHON:
                return frozenset({frame})
            if frame is not None:
                trace = trace or frame
            elif not (is_quiet(line) or (trace is Language.GO and is_go_function(line))):
                if known := self._known(line):
                    return known
                if trace is not None and names_an_exception(line):
                    break
        return frozenset() if trace is None else frozenset({trace})

    def _known(self, line: str) -> frozenset[str]:
        lowered = lower_words(line)
        numbered = {self._by_status[each] for each in statuses_in(lowered) if each in self._by_status}
        return frozenset(numbered | self._phrases.found_in(words_of(lowered)))
