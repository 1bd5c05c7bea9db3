"""Locks between processes; the kernel releases a lock when its holder ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster.progress import say


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold the lock `path`; print `what`, for which it waits, when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process is at it: waiting for {what}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
