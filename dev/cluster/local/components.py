"""Starts, kills and restarts the processes of a local cluster."""

import os
import signal
from contextlib import suppress

from dev.cluster import processes
from dev.cluster.commands import run
from dev.cluster.errors import ClusterError
from dev.cluster.local import surroundings
from dev.cluster.local.layout import Layout
from dev.cluster.local.plan import Component
from dev.cluster.waiting import until

_START = """
cd /
echo $$ > "$1"; log=$2 pid=$3; shift 3
setsid "$@" >> "$log" 2>&1 < /dev/null &
echo $! > "$pid"
"""
"""The shell enters the cluster's cgroup before the component exists, so no process of the component is ever outside it.
The shell ends at once, so the component is not a child of ours and cannot become our zombie. setsid and nsenter use
exec: the pid is the component's."""

_ENTER = 'echo $$ > "$0"; exec "$@"'


def start(layout: Layout, component: Component) -> None:
    """Start the component; it may not be ready when this returns. Raises ClusterError when it cannot start."""
    log = layout.log(component.name)
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = ["sh", "-ec", _START, "start", str(surroundings.entrance(layout)), str(log), str(layout.pid(component.name))]
    run([*argv, *surroundings.enter(layout, private_mounts=component.private_mounts), *component.argv])
    pid = int(layout.pid(component.name).read_text())
    processes.note(layout.pid(component.name), pid)


def runs(layout: Layout, component: Component) -> bool:
    return processes.noted(layout.pid(component.name)) is not None


def pid(layout: Layout, component: Component) -> int:
    """Return the component's pid. Raises ClusterError when it does not run."""
    found = processes.noted(layout.pid(component.name))
    if found is None:
        raise ClusterError(f"{component.name} does not run; its log: {layout.log(component.name)}")
    return found


def kill(layout: Layout, component: Component) -> None:
    """Send SIGKILL, as a crash does: the component cannot notify any client. Return when it has ended."""
    file = layout.pid(component.name)
    pid = processes.noted(file)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        until(f"the end of {component.name}", lambda: None if processes.noted(file) is None else f"pid {pid} runs")


def inside(layout: Layout, argv: list[str]) -> list[str]:
    """Return a command line that runs `argv` in the cluster's network namespace and cgroup.

    The process is killed with the cluster.
    """
    return ["sh", "-ec", _ENTER, str(surroundings.entrance(layout)), *surroundings.enter(layout), *argv]
