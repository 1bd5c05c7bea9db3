"""Patterns that users write, in RE2's syntax: a search takes linear time, whatever the pattern. Pure.

The API server reads the patterns with Go's regexp before it stores a job. A pattern that Go accepts and RE2 does not
(for example one that needs too much memory) has a flaw here, and a warning reports it (spec_warnings.py).

Compiling and searching take the event loop's time. So the patterns of one job have a budget, and what is over it has a
flaw. On apply the CRD refuses what it can count: characters, and parts that take long to compile. What RE2 makes of a
pattern only RE2 knows: its memory for one pattern bounds the time to compile it, and the size of all programs of a job
the time to search. At worst a text makes the automaton give up, and RE2 follows each step of the program at each
character: 27 us a step for 2 KiB of text.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

import re2

from queuedjob.api.kinds.queuedjob import FailurePolicy
from queuedjob.api.types import limits
from queuedjob.api.types.fields import COSTLY_PART

_MEMORY: Final = 64 * 1024
"""Bytes of one pattern, including the cache of its automaton. The library keeps the 128 latest patterns, so that all
together use at most 8 MiB. With twice as much, five times x{1,1000} would be compiled, for 100 ms; so the worst
takes 10 ms."""

_COMPILED: Final = 128
"""How many patterns are kept compiled: as many as the library keeps by itself."""

_KNOWN: Final = 4096
"""How many patterns are remembered with their size, or with their flaw."""

_COSTLY: Final = re.compile(COSTLY_PART)

_TOO_LONG: Final = f"the patterns of the job have more than {limits.PATTERNS} characters together"
_TOO_COSTLY: Final = (
    f"the patterns of the job have more than {limits.COSTLY_PARTS} classes of Unicode and counted repetitions together"
)
_TOO_MANY_STEPS: Final = (
    f"the patterns of the job have more than {limits.STEPS} steps together as RE2 compiles them; a class of Unicode "
    "has a thousand, and a repetition as many as it counts"
)


def flaws_of(policy: FailurePolicy) -> tuple[str, ...]:
    """For each rule, why its pattern is not used; empty if it is, or if the rule has none."""
    return tuple(_flaws(tuple(rule.message_matches or "" for rule in policy.rules)))


def _flaws(patterns: tuple[str, ...]) -> Iterator[str]:
    characters = costly = steps = 0
    for pattern in patterns:
        characters += len(pattern)
        costly += len(_COSTLY.findall(pattern)) if characters <= limits.PATTERNS else 0
        if characters > limits.PATTERNS:
            yield _TOO_LONG if pattern else ""
        elif costly > limits.COSTLY_PARTS:
            yield _TOO_COSTLY if pattern else ""
        elif steps > limits.STEPS:
            yield _TOO_MANY_STEPS if pattern else ""
        else:
            flaw, size = _known(pattern) if pattern else ("", 0)
            steps += size
            yield flaw or (_TOO_MANY_STEPS if steps > limits.STEPS else "")


def found(pattern: str, text: str) -> bool:
    """Whether the pattern matches anywhere in `text`. False for a pattern with a flaw."""
    regex = _compiled(pattern)
    return not isinstance(regex, str) and regex.search(text) is not None


@lru_cache(maxsize=_KNOWN)
def _known(pattern: str) -> tuple[str, int]:
    """Return why RE2 cannot read the pattern (empty if it can), and the steps of its program."""
    regex = _compiled(pattern)
    return (regex, 0) if isinstance(regex, str) else ("", regex.programsize)


@lru_cache(maxsize=_COMPILED)
def _compiled(pattern: str) -> "re2._Regexp | str":
    """The compiled pattern, or its flaw."""
    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        (reason,) = error.args
        return reason.decode() if isinstance(reason, bytes) else str(reason)


@cache
def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.never_capture = True
    options.log_errors = False  # RE2 would log to the stderr of the process, as plain text
    return options
