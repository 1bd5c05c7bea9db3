"""Processes that work with a cluster, such as the demo's operator: they end before the cluster goes down."""

from pathlib import Path

from dev.cluster import places, processes
from dev.cluster.progress import say


def note(name: str, what: str, pid: int) -> None:
    """Write pid and start time of the process, called `what`, into the folder of the cluster `name`."""
    processes.note(_folder(name) / what, pid)


def pid(name: str, what: str) -> int | None:
    """Return the pid of the process that was noted as `what`, or None when the process has ended."""
    return processes.noted(_folder(name) / what)


def stop_one(name: str, what: str) -> bool:
    """Send SIGTERM to the process that was noted as `what` and wait for its end. Return whether it still ran."""
    return processes.stop_noted(_folder(name) / what)


def stop(name: str) -> None:
    """Send SIGTERM to all noted processes that still run, one after the other."""
    for file in sorted(_folder(name).glob("*")):
        if stop_one(name, file.name):
            say(f"{file.name} stopped")


def _folder(name: str) -> Path:
    return places.folder(name) / "pids"
