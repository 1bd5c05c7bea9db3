"""The cgroup folder of a cluster: limits for its pods, and the way to find all its processes again.

On a v1 host there is one folder in every hierarchy, and processes are read from the one of `pids`. A v2 host has one
folder; the code for v2 was written after the documentation and has not been tried.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dev.cluster.errors import ClusterError
from dev.cluster.processes import started
from dev.cluster.waiting import until

ROOT = Path("/sys/fs/cgroup")


def cgroup(name: str) -> str:
    """Return the value of the kubelet's cgroupRoot, without the slash."""
    return f"queuedjob-{name}"


def _is_v2() -> bool:
    return (ROOT / "cgroup.controllers").exists()


def _hierarchies() -> list[Path]:
    """Return the roots of all hierarchies; on v1 several names may be links to one (cpu, cpuacct)."""
    if _is_v2():
        return [ROOT]
    found = sorted({path.resolve() for path in ROOT.iterdir() if path.is_dir()}) if ROOT.is_dir() else []
    if ROOT / "pids" not in found:
        raise ClusterError(f"no cgroups are mounted at {ROOT}: a cluster needs them (a container without them?)")
    return found


def _of_processes(name: str) -> Path:
    return (ROOT if _is_v2() else ROOT / "pids") / cgroup(name)


def entrance(name: str) -> Path:
    """Return the file for pids: a process that writes its pid into it is in the cluster, with all that it starts."""
    return _of_processes(name) / "system/cgroup.procs"


def exists(name: str) -> bool:
    """Return whether anything of the cluster's cgroups is left."""
    return any((hierarchy / cgroup(name)).exists() for hierarchy in _hierarchies())


def create(name: str) -> None:
    """Create the folder in every hierarchy, before the kubelet starts: it exits when one hierarchy lacks cgroupRoot."""
    if _is_v2():
        for controller in (ROOT / "cgroup.controllers").read_text().split():
            with suppress(OSError):  # this controller cannot be delegated: the kubelet reports it if it needs it
                (ROOT / "cgroup.subtree_control").write_text(f"+{controller}")
    for hierarchy in _hierarchies():
        (hierarchy / cgroup(name)).mkdir(exist_ok=True)
    entrance(name).parent.mkdir(exist_ok=True)


def processes(name: str) -> set[int]:
    """Return the pids of all that runs in the cluster, pods and their shims too."""
    pids: set[int] = set()
    for file in _of_processes(name).rglob("cgroup.procs"):
        with suppress(FileNotFoundError, OSError):  # a pod's folder may go while we read
            pids.update(int(line) for line in file.read_text().split())
    return {pid for pid in pids if started(pid) is not None}


def kill_all(name: str, patience: float = 60.0) -> int:
    """Send SIGKILL until no process is left; return how many there were. Raises ClusterError when some do not end."""

    def left() -> str | None:
        pids = processes(name)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return ", ".join(_described(pids)) or None

    first = len(processes(name))
    until(f"the end of all processes of cluster {name}", left, deadline=patience)
    return first


def _described(pids: set[int]) -> Iterator[str]:
    for pid in sorted(pids):
        try:
            yield f"{pid} ({Path(f'/proc/{pid}/comm').read_text().strip()})"
        except OSError:
            yield str(pid)


def remove(name: str, patience: float = 10.0) -> None:
    """Remove the folders, innermost first, and kill what still appears in them.

    An `up` that was killed may leave behind a shell that was about to start a component. Raises ClusterError when a
    folder stays busy.
    """

    def busy() -> str | None:
        try:
            for hierarchy in _hierarchies():
                for inside, _, _ in os.walk(hierarchy / cgroup(name), topdown=False):
                    Path(inside).rmdir()
        except OSError as error:  # until the kernel has released the last task
            kill_all(name)
            return str(error)
        return None

    until(f"removing the cgroups of cluster {name}", busy, deadline=patience)
