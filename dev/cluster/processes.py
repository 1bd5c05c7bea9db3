"""Processes by pid and start time: a pid alone may belong to another process by now."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from dev.cluster.waiting import tries


def started(pid: int) -> int | None:
    """Return when the process started, in clock ticks since boot; None when it has ended (see proc(5)).

    A zombie has ended when none of its threads is left: while one is left, files, locks and ports are still held.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, start = fields[0], int(fields[17]), int(fields[19])
    return None if state in "ZX" and threads <= 1 else start


def note(file: Path, pid: int) -> None:
    """Write the process `pid` to `file`, so that `stop_noted` finds this process and no other."""
    start = started(pid)
    if start is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(f"{pid} {start}\n")
        part.replace(file)


def noted(file: Path) -> int | None:
    """Return the pid in `file` when that same process still runs, else None."""
    try:
        pid, start = (int(word) for word in file.read_text().split())
    except (FileNotFoundError, ValueError):
        return None
    return pid if started(pid) == start else None


def stop_noted(file: Path, patience: float = 30.0) -> bool:
    """Send SIGTERM, and SIGKILL after `patience` seconds. Return whether there was something to stop."""
    pid = noted(file)
    if pid is None:
        return False
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        for _ in tries(seconds):
            if noted(file) is None:
                return True
    return True
