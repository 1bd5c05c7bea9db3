"""Text from outside (a job's output, a node, an API server) as plain text: line feeds, tabs and what can be seen.

Control characters make a terminal do things: move its cursor, set its title, fill its clipboard. A NUL ends a string in
some programs. A progress bar writes its states over each other with carriage returns.
"""

import re
from typing import Final

_ODD: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""All control characters (Unicode category Cc) except tab and line feed."""

_SEQUENCE: Final = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]*(?:\x07|\x1b\\|\x9c)"  # with a string
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, movements of the cursor
    r"|\x1b[ -/]*[0-~]?"  # others
)
"""Escape sequences of terminals (ECMA-48, and xterm's OSC, which may end with BEL). A string without an end is text."""

_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a terminal must not be given: control characters, and those that change the direction of the text after them."""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.,:/-]*")
"""A reason as Kubernetes writes it: of a condition (meta/v1, Condition), of a pod that a device keeps from its node
(OutOfnvidia.com/gpu; pkg/kubelet/lifecycle)."""

LONGEST_WORD: Final = 128
"""Characters of the longest reason that is read: as many as a user's rule may name (fields.py: ReasonWord)."""


def one_word(text: str, longest: int = LONGEST_WORD) -> str:
    """Return `text` if it is one word of at most `longest` characters, as reasons are; else nothing."""
    return text if len(text) <= longest and _WORD.fullmatch(text) is not None else ""


def in_brief(text: str, longest: int) -> str:
    """Return `text` with at most `longest` characters, 5 or more: its start and its end, if it has more.

    Of our own sentences both say something: the start says what happened, the end by which rule.
    """
    if len(text) <= longest:
        return text
    start = (longest - len(_LEFT_OUT)) // 2
    end = longest - len(_LEFT_OUT) - start
    return text[:start] + _LEFT_OUT + text[len(text) - end :]


_LEFT_OUT: Final = " ... "


def plain(text: str) -> str:
    """Return `text` without escape sequences and control characters; of a line that was written over, its last state.

    The result never has more characters than `text`.
    """
    if _ODD.search(text) is None:
        return text
    told = _SEQUENCE.sub("", text)
    if "\r" in told:
        told = "\n".join(_last_state(line) for line in told.split("\n"))
    return _ODD.sub("", told)


def for_terminal(text: str) -> str:
    """Return `text` as a terminal may print it, of whatever origin: nothing in it acts on the terminal."""
    return _UNSEEN.sub("", _SEQUENCE.sub("", text))


def _last_state(line: str) -> str:
    """What a terminal would show of a line: after each carriage return it is written anew."""
    return next((state for state in reversed(line.split("\r")) if state), "")
