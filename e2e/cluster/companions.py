"""Processes that work with a cluster, such as the demo's operator: they are ended before it goes down."""

from e2e.cluster import places, processes
from e2e.cluster.progress import say


def note(name: str, what: str, pid: int) -> None:
    """Writes pid and start time of the process, called `what`, into the folder of the cluster `name`."""
    processes.note(places.folder(name) / "pids" / what, pid)


def stop(name: str) -> None:
    """SIGTERM to all that were noted and still run, one after the other."""
    for file in sorted((places.folder(name) / "pids").glob("*")):
        if processes.stop_noted(file):
            say(f"{file.name} stopped")
