"""Processes that work with a cluster, such as the demo's operator: they are ended before it goes down."""

from pathlib import Path

from dev.cluster import places, processes
from dev.cluster.progress import say


def note(name: str, what: str, pid: int) -> None:
    """Writes pid and start time of the process, called `what`, into the folder of the cluster `name`."""
    processes.note(_folder(name) / what, pid)


def pid(name: str, what: str) -> int | None:
    """The pid of the process that was noted as `what`, while it runs."""
    return processes.noted(_folder(name) / what)


def stop_one(name: str, what: str) -> bool:
    """SIGTERM to the process that was noted as `what`. Returns whether it still ran; it has ended then."""
    return processes.stop_noted(_folder(name) / what)


def stop(name: str) -> None:
    """SIGTERM to all that were noted and still run, one after the other."""
    for file in sorted(_folder(name).glob("*")):
        if stop_one(name, file.name):
            say(f"{file.name} stopped")


def _folder(name: str) -> Path:
    return places.folder(name) / "pids"
