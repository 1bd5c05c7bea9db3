"""Starts, kills and starts again the processes of a local cluster."""

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
"""The shell is in the cluster's cgroup before the component exists, so no process of it is ever outside. It ends at
once, so the component is nobody's child and no zombie of ours. setsid and nsenter exec: the pid is the component's."""

_ENTER = 'echo $$ > "$0"; exec "$@"'


def start(layout: Layout, component: Component) -> None:
    """Starts the component; it may not be there yet when this returns. Raises ClusterError when it cannot start."""
    log = layout.log(component.name)
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = ["sh", "-ec", _START, "start", str(surroundings.entrance(layout)), str(log), str(layout.pid(component.name))]
    run([*argv, *surroundings.enter(layout, private_mounts=component.private_mounts), *component.argv])
    pid = int(layout.pid(component.name).read_text())
    processes.note(layout.pid(component.name), pid)


def runs(layout: Layout, component: Component) -> bool:
    return processes.noted(layout.pid(component.name)) is not None


def pid(layout: Layout, component: Component) -> int:
    """Raises ClusterError when it does not run."""
    found = processes.noted(layout.pid(component.name))
    if found is None:
        raise ClusterError(f"{component.name} does not run; its log: {layout.log(component.name)}")
    return found


def kill(layout: Layout, component: Component) -> None:
    """SIGKILL, as a crash: nothing is told to anybody. Returns when it has ended."""
    file = layout.pid(component.name)
    pid = processes.noted(file)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        until(f"the end of {component.name}", lambda: None if processes.noted(file) is None else f"pid {pid} runs")


def inside(layout: Layout, argv: list[str]) -> list[str]:
    """A command line that runs `argv` in the cluster's network namespace and cgroup, so that it dies with it."""
    return ["sh", "-ec", _ENTER, str(surroundings.entrance(layout)), *surroundings.enter(layout), *argv]
