"""Prints progress to stderr: stdout is for answers (a path, a line to eval)."""

import sys
import time

_began = time.monotonic()
_EVERY = 20.0
"""Seconds between progress lines where a line cannot be overwritten."""

_ON_THIS_LINE = "\r\x1b[K"


def say(text: str) -> None:
    """Print one line with the seconds since the start of this program."""
    clear = _ON_THIS_LINE if sys.stderr.isatty() else ""
    print(f"{clear}{time.monotonic() - _began:7.1f} s  {text}", file=sys.stderr, flush=True)


class Ongoing:
    """Progress of something that takes minutes: on a terminal one line that changes, elsewhere a line now and then."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def show(self, text: str) -> None:
        """Show how far it is. The caller calls this about once a second."""
        now = time.monotonic()
        if sys.stderr.isatty():
            print(f"{_ON_THIS_LINE}{now - _began:7.1f} s  {text[:100]}", end="", file=sys.stderr, flush=True)
        elif now - self._said >= _EVERY:
            self._said = now
            say(text)
