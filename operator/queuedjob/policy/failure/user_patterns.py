"""Patterns that users write, in RE2's syntax: a search takes linear time, whatever the pattern. Pure.

The API server reads the patterns with Go's regexp before it stores a job. A pattern that Go accepts and RE2 does not
(for example one that needs too much memory) has a flaw here, and a warning reports it (spec_warnings.py).
"""

from functools import cache, lru_cache
from typing import Final

import re2

_MEMORY: Final = 256 * 1024
"""Bytes of one pattern, including the cache of its automaton. The library keeps the 128 latest patterns, so that all
together use at most 32 MiB. A pattern has at most 1 KiB of text, and compiles in 10 ms at worst."""

_KNOWN: Final = 4096
"""How many patterns are remembered as good, or with their flaw."""


def found(pattern: str, text: str) -> bool:
    """Whether the pattern matches anywhere in `text`. False for a pattern with a flaw."""
    return not flaw_of(pattern) and re2.search(pattern, text, _options()) is not None


@lru_cache(maxsize=_KNOWN)
def flaw_of(pattern: str) -> str:
    """Why RE2 cannot read the pattern; empty if it can."""
    try:
        re2.compile(pattern, _options())
    except re2.error as error:
        (reason,) = error.args
        return reason.decode() if isinstance(reason, bytes) else str(reason)
    return ""


@cache
def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.never_capture = True
    options.log_errors = False  # RE2 would log to the stderr of the process, as plain text
    return options
