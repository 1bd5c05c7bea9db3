"""Stack traces: which language printed them, and which lines are frames, without information on the cause. Pure."""

import enum
from collections.abc import Iterable, Iterator
from typing import Final

import re2


class Language(enum.StrEnum):
    """A language whose traces have their own format. The value is the name of the rule for the language."""

    PYTHON = "python-traceback"
    GO = "go-panic"
    JAVA = "java-exception"
    RUST = "rust-panic"
    RUBY = "ruby-exception"
    PHP = "php-exception"
    NODE = "node-exception"
    DOTNET = "dotnet-exception"


_FRAMES: Final = (
    (Language.PYTHON, r'\s*(?:\| *)?File "[^"]*", line \d+'),
    (Language.GO, r"\s+\S+\.go:\d+|goroutine \d+ \[|created by \S+|\[signal SIG"),
    (Language.JAVA, r"\s*at .*\((?:[^()]*\.(?:java|kt|scala|groovy|clj):\d+|Native Method|Unknown Source)\)"),
    (Language.JAVA, r"\s*\.\.\. \d+ (?:more|common frames omitted)|\s*(?:Suppressed|Wrapped by): "),
    (Language.RUST, r"\s*at .*\.rs:\d+:\d+"),
    (Language.RUBY, r"\s*from \S+:\d+:in "),
    (Language.RUBY, r"\s*\S+\.rb:\d+:in [`'][^'`]*'$"),
    (Language.PHP, r"#\d+ .*(?:\(\d+\)|\{main\})"),
    (Language.NODE, r"\s*at .*(?::\d+:\d+|\(<anonymous>\)|\(native\))"),
    (Language.DOTNET, r"\s*at [\w.<>`+\[\]]+\(.*\)"),
)
"""How each language prints its frames and the other lines among them. The first pattern that matches counts."""

_GO_FUNCTION: Final = re2.compile(r"\S+\((?:0x|\{0x|\.\.\.|\))")
"""The line above a location in a Go trace."""

_OWN_LINE: Final = re2.compile(r"\s*(?:\[?Uncaught )?[\w.$]*(?:Error|Exception|Throwable)\b")
"""The line with the name of an exception."""


_JOINS: Final = re2.compile(r"\s*(?:The above exception was the direct cause|During handling of the above exception)")
"""The line between two exceptions of Python, the earlier of which is above it."""

_CONTINUES: Final = re2.compile(
    r"\s*(?:Caused by\b|what\(\):|---> |\[cause\]: |(?:\w+ )?(?i:stack ?(?:back)?trace):?\s*$)"
)
"""A line within the report of a crash, whose head is above it."""


def _frames() -> re2.Set:
    found = re2.Set.MatchSet()
    for _, each in _FRAMES:
        found.Add(each)
    found.Compile()
    return found


_FRAME: Final = _frames()


def frames_among(lines: Iterable[str]) -> Iterator[tuple[str, Language | None]]:
    """Each line, and the language whose frame it is; None if the line is not a frame.

    Leaves out the source code that Python shows below each frame: the text of source code is not an event.
    """
    frame: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if frame is None or indent <= frame:
            whose = _frame(line)
            frame = indent if whose is Language.PYTHON else None
            yield line, whose


def is_go_function(line: str) -> bool:
    """Whether this line is the function line that Go prints above a location."""
    return _GO_FUNCTION.match(line) is not None


def names_an_exception(line: str) -> bool:
    """Whether the text of an exception begins in this line."""
    return _OWN_LINE.match(line) is not None


def joins_exceptions(line: str) -> bool:
    """Whether this line is between two exceptions of one trace."""
    return _JOINS.match(line) is not None


def continues_a_report(line: str) -> bool:
    """Whether this line belongs to an exception that is named above it."""
    return _CONTINUES.match(line) is not None


def _frame(line: str) -> Language | None:
    which = _FRAME.Match(line)
    return _FRAMES[min(which)][0] if which else None
