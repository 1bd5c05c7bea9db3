"""Which line of a container's last words counts. Pure.

Last words may be 80 lines of log. The line about the failure is near the end, but seldom the very last line, because
clean-up writes lines after it. So the lines are read from the last line upward, and the first line that names a cause
decides. Skipped are lines of level INFO and below, which report no failure, and the frames of stack traces with their
source code, which show where the program failed, not why.

A crash is weaker than a cause: a cause that is named anywhere in the report of a crash has priority over it. The report
is the trace with its exceptions: in Python their lines are below the frames, in other languages above them. The lines
before a report did not end the program. If the report names no cause, it is a crash.

A failure that lasts must be told as a failure: by a code or a name of a system, in the last line, in a report, or in a
line that says error. "config.yml not found, using defaults" in the middle of a log is none, nor is what `rm` says.

It is weaker than a failure that passes, too: a script goes on after its first command failed, and what fails
next is a file that is not there. So a line above that names a failure which passes has priority, unless it says that
the program tried again.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import re2

from queuedjob.policy.failure.evidence import last_words
from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue
from queuedjob.policy.failure.text.catalogues.programs import Program
from queuedjob.policy.failure.text.phrases import Phrases, lower_words, words_of
from queuedjob.policy.failure.text.stack_traces import (
    Language,
    continues_a_report,
    frames_among,
    is_go_function,
    joins_exceptions,
    names_an_exception,
)
from queuedjob.policy.failure.text.text_rule import TextRule

_LINES: Final = 80
"""Lines that the kubelet takes from a log (pkg/kubelet/kuberuntime, MaxContainerTerminationMessageLogLines)."""

_QUIET: Final = re2.compile(
    r"(?:[^A-Za-z]|[TZ]|UTC)*(?:INFO|DEBUG|TRACE)\b|.*\blevel[\"']?\s*[=:]\s*[\"']?(?i:info|debug|trace)\b"
)
"""A line whose level shows that nothing is wrong: `2030-01-31T09:00:00Z INFO ...`, `{"level": "info"}`."""

_TRIED_AGAIN: Final = re2.compile(
    r"(?i)\b(?:re-?(?:try|tries|trying|connect|connecting|connected)|trying (?:again|another)|attempt \d|backing off|"
    r"back-?off|sleeping|will try|next try|falling back)\b"
)
"""A line about a failure that the program met and did not end by."""

_DIGIT: Final = re2.compile(r"\d")

_HEAD: Final = 6
"""Lines above the frames that may belong to the exception: messages of databases have several."""

_TOLD: Final = re2.compile(
    r"(?:\b|_)(?:err|errors?|fatal|fail(?:ed|s|ure)?|exceptions?|critical|severe|panic(?:ked)?|abort(?:ed|ing)?|denied|"
    r"refused|rejected|cannot|can't|could not|couldn't|unable|invalid|no valid|incorrect|not allowed|unauthori[sz]ed|"
    r"forbidden|expired|violat(?:es|ed|ion))(?:\b|_)"
)
"""A line, from phrases.lower_words, that tells of a failure."""

_CLEAN_UP: Final = re2.compile(r"(?:\S*/)?(?:rm|rmdir|unlink|umount|kill): ")
"""What a command of clean-up says, which fails because the program had failed before."""

_COMMAND: Final = re2.compile(
    r"(?:\S*/)?(?:cat|cd|chmod|chown|cp|du|find|grep|head|ln|ls|mkdir|mv|sed|stat|tail|touch): "
)
"""What a command in a script says, which ends the program only if it says it last."""

_NONE: Final[frozenset[str]] = frozenset()


def is_quiet(line: str) -> bool:
    """Whether the line's level shows that nothing is wrong."""
    return _QUIET.match(line) is not None


class Reader:
    """Finds what the text rules look for."""

    def __init__(
        self,
        rows: Sequence[TextRule],
        lasting: Iterable[TextRule],
        crashes: Iterable[TextRule],
        catalogues: Sequence[Catalogue],
        programs: Sequence[Program],
    ) -> None:
        """Build the search for `rows` and `catalogues`. Do this once, because it takes about 100 ms.

        A cause in the same report has priority over `crashes`, and a failure that passes over `lasting`.
        """
        self._order = {row.name: at for at, row in enumerate(rows)}
        telling = tuple(each for each in catalogues if not each.mere)
        self._codes = _Codes(catalogues)
        self._telling_codes = _Codes(telling)
        self._sure_codes = _Codes(each for each in catalogues if each.sure)
        self._programs = tuple(programs)
        self._phrases = Phrases({row.name: (*row.phrases, *_names_of(row, catalogues)) for row in rows})
        self._telling_names = Phrases({row.name: _names_of(row, telling) for row in rows})
        self._crashes = frozenset(row.name for row in crashes)
        self._lasting = frozenset(row.name for row in lasting)
        self._passing = frozenset(row.name for row in rows if row.failure.retried and not row.failure.poisons)

    def read(self, text: str, exit_code: int | None = None) -> frozenset[str]:
        """The names of all rules that know the line which counts: none, one or more.

        If no rule knows a line, the exit code decides for a program that the text names (catalogues/programs.py).
        """
        marked = list(frames_among(_lines(text)))
        at, known, crash = self._cause(marked)
        if known and known <= self._lasting:
            return self._passing_above(marked[:at]) or known
        if not known:
            lowered = lower_words(text)
            known = frozenset(rule for each in self._programs if (rule := each.rule_for(exit_code, lowered)))
        return known or crash

    def _cause(self, marked: Sequence[tuple[str, Language | None]]) -> tuple[int, frozenset[str], frozenset[str]]:
        """Where the line is that names a cause, the rules that know it, and the crash that was found below it."""
        crash, room = _NONE, None
        for at in range(len(marked) - 1, -1, -1):
            line, frame = marked[at]
            if frame is not None:
                crash, room = crash or frozenset({frame}), _HEAD
                continue
            if Language.GO in crash and is_go_function(line):
                continue
            known = self._known(line)
            if cause := known - self._crashes:
                if not cause <= self._lasting or crash or self._is_told(line, last=at == len(marked) - 1):
                    return at, cause, crash
                continue
            if joins_exceptions(line):
                room = None
            elif continues_a_report(line):
                room = 1
            elif known:
                crash, room = crash or known, 0
            elif room is not None:
                room = 0 if names_an_exception(line) else room - 1
                if room < 0:
                    break
            if room == 0 and not (at and _goes_on(marked[at - 1])):
                break
        return 0, _NONE, crash

    def _is_told(self, line: str, *, last: bool) -> bool:
        if _CLEAN_UP.match(line):
            return False
        if last or _COMMAND.match(line):
            return last
        lowered = lower_words(line)
        return _TOLD.search(lowered) is not None or bool(
            self._telling_names.found_in(words_of(lowered)) or self._telling_codes.rules_in(lowered)
        )

    def _passing_above(self, marked: Sequence[tuple[str, Language | None]]) -> frozenset[str]:
        for line, frame in reversed(marked):
            if frame is None and not _TRIED_AGAIN.search(line):
                known = self._known(line)
                if known and min(known, key=self._order.__getitem__) in self._passing:
                    return known
        return _NONE

    def _known(self, line: str) -> frozenset[str]:
        lowered = lower_words(line)
        known = frozenset(self._phrases.found_in(words_of(lowered)) | self._codes.rules_in(lowered))
        passing = known & self._passing
        return passing if passing and self._sure_codes.rules_in(lowered) & passing else known


class _Codes:
    """Finds the codes of several catalogues."""

    def __init__(self, catalogues: Iterable[Catalogue]) -> None:
        coded = [each for each in catalogues if each.codes]
        self._numbered = tuple(each for each in coded if all(map(_DIGIT.search, each.codes)))
        self._worded = tuple(each for each in coded if each not in self._numbered)

    def rules_in(self, lowered: str) -> set[str]:
        """The rules of the codes in a line from phrases.lower_words."""
        found: set[str] = set()
        for each in (*self._worded, *(self._numbered if _DIGIT.search(lowered) else ())):
            found |= each.rules_in(lowered)
        return found


def _goes_on(above: tuple[str, Language | None]) -> bool:
    """Whether the report of a crash goes on in the line above its head."""
    line, frame = above
    return frame is not None or joins_exceptions(line) or continues_a_report(line)


def _lines(text: str) -> list[str]:
    """The lines that may name a cause, without empty ones; the lines within a string of JSON are lines, too."""
    lines = [each for each in last_words(text).splitlines() if each.strip()][-_LINES:]
    parts = [part for line in lines if not _QUIET.match(line) for part in line.replace("\\r", "").split("\\n")]
    return [part.rstrip() for part in parts if part.strip()][-_LINES:]


def _names_of(row: TextRule, catalogues: Iterable[Catalogue]) -> Iterable[str]:
    for each in catalogues:
        yield from each.phrases.get(row.name, ())
        yield from (" ".join(words_of(lower_words(name))[1:-1]) for name in each.names.get(row.name, ()))
