"""Says what is going on, to stderr: stdout belongs to answers (a path, a line to eval)."""

import sys
import time

_began = time.monotonic()
_EVERY = 20.0
"""Seconds between lines about something that goes on, where a line cannot be written over."""

_ON_THIS_LINE = "\r\x1b[K"


def say(text: str) -> None:
    """One line with the seconds since the start of this program."""
    clear = _ON_THIS_LINE if sys.stderr.isatty() else ""
    print(f"{clear}{time.monotonic() - _began:7.1f} s  {text}", file=sys.stderr, flush=True)


class Ongoing:
    """Something that takes minutes: on a terminal one line that changes, elsewhere a line now and then."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def show(self, text: str) -> None:
        """How far it is; to be called about once a second."""
        now = time.monotonic()
        if sys.stderr.isatty():
            print(f"{_ON_THIS_LINE}{now - _began:7.1f} s  {text[:100]}", end="", file=sys.stderr, flush=True)
        elif now - self._said >= _EVERY:
            self._said = now
            say(text)
