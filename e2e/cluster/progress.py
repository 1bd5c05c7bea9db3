"""Says what is going on, to stderr: stdout belongs to answers (a path, a line to eval)."""

import sys
import time

_began = time.monotonic()


def say(text: str) -> None:
    """One line with the seconds since the start of this program."""
    print(f"{time.monotonic() - _began:7.1f} s  {text}", file=sys.stderr, flush=True)
