"""Processes by pid and start time: a pid alone may belong to somebody else by now."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from dev.cluster.waiting import tries


def started(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when it has ended (see proc(5)).

    A zombie has ended when none of its threads is left: while one is, files, locks and ports are still held.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, start = fields[0], int(fields[17]), int(fields[19])
    return None if state in "ZX" and threads <= 1 else start


def note(file: Path, pid: int) -> None:
    """Writes down the process `pid`, so that `stop_noted` can find it and nobody else."""
    start = started(pid)
    if start is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(f"{pid} {start}\n")
        part.replace(file)


def noted(file: Path) -> int | None:
    """The pid in `file`, when that very process still runs."""
    try:
        pid, start = (int(word) for word in file.read_text().split())
    except (FileNotFoundError, ValueError):
        return None
    return pid if started(pid) == start else None


def stop_noted(file: Path, patience: float = 30.0) -> bool:
    """SIGTERM, and SIGKILL after `patience` seconds. Returns whether there was something to stop."""
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
