"""Patterns that users write, in RE2's syntax: a search takes linear time, whatever they wrote. Pure.

The API server reads them with Go's regexp before a job is stored. What that takes and RE2 does not (a pattern that
needs too much memory, say) has a flaw here, and is told (spec_warnings.py).
"""

from functools import cache, lru_cache
from typing import Final

import re2

_MEMORY: Final = 256 * 1024
"""Bytes of one pattern, its automaton's cache included. The library keeps the 128 latest patterns, so that all
together stay within 32 MiB; 1 KiB of text, the most that a pattern has, compiles in 10 ms at worst."""

_KNOWN: Final = 4096
"""So many patterns are known to be good, or why not, without another look."""


def found(pattern: str, text: str) -> bool:
    """Whether the pattern matches anywhere in `text`. False for a pattern with a flaw."""
    return not flaw_of(pattern) and re2.search(pattern, text, _options()) is not None


@lru_cache(maxsize=_KNOWN)
def flaw_of(pattern: str) -> str:
    """Why RE2 cannot read the pattern; empty where it can."""
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
    options.log_errors = False  # to the process's stderr, as text
    return options
