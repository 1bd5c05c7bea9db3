"""Patterns that users write, in RE2's syntax: a search takes linear time, whatever the pattern. Pure.

The API server reads the patterns with Go's regexp before it stores a job. A pattern that Go accepts and RE2 does not
(for example one that needs too much memory) has a flaw here, and a warning reports it (spec_warnings.py).

To compile a pattern takes longer than to search with it, and the time is the event loop's. So the patterns of one job
have a budget. What is over it is not compiled, and has a flaw. On apply, the CRD refuses it with the same limits.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

import re2

from queuedjob.api.kinds.queuedjob import FailurePolicy
from queuedjob.api.types import limits
from queuedjob.api.types.fields import COSTLY_PART

_MEMORY: Final = 256 * 1024
"""Bytes of one pattern, including the cache of its automaton. The library keeps the 128 latest patterns, so that all
together use at most 32 MiB. A pattern has at most 1 KiB of text, and compiles in 10 ms at worst."""

_COMPILED: Final = 128
"""How many patterns are kept compiled: as many as the library keeps by itself."""

_KNOWN: Final = 4096
"""How many patterns are remembered as good, or with their flaw."""


_COSTLY: Final = re.compile(COSTLY_PART)

_TOO_LONG: Final = f"the patterns of the job have more than {limits.PATTERNS} characters together"
_TOO_COSTLY: Final = (
    f"the patterns of the job have more than {limits.COSTLY_PARTS} classes of Unicode and counted repetitions together"
)


def flaws_of(policy: FailurePolicy) -> tuple[str, ...]:
    """For each rule, why its pattern is not used; empty if it is, or if the rule has none."""
    return tuple(_flaws(tuple(rule.message_matches or "" for rule in policy.rules)))


def _flaws(patterns: tuple[str, ...]) -> Iterator[str]:
    characters = costly = 0
    for pattern in patterns:
        characters += len(pattern)
        costly += len(_COSTLY.findall(pattern)) if characters <= limits.PATTERNS else 0
        if characters > limits.PATTERNS:
            yield _TOO_LONG if pattern else ""
        elif costly > limits.COSTLY_PARTS:
            yield _TOO_COSTLY if pattern else ""
        else:
            yield flaw_of(pattern)


def found(pattern: str, text: str) -> bool:
    """Whether the pattern matches anywhere in `text`. False for a pattern with a flaw."""
    regex = _compiled(pattern)
    return not isinstance(regex, str) and regex.search(text) is not None


@lru_cache(maxsize=_KNOWN)
def flaw_of(pattern: str) -> str:
    """Why RE2 cannot read the pattern; empty if it can."""
    regex = _compiled(pattern) if pattern else ""
    return regex if isinstance(regex, str) else ""


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
