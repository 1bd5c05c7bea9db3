"""One at a time: locks that the kernel drops when their holder dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster.progress import say


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Holds the lock `path`; says for what it waits when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process is at it: waiting for {what}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
