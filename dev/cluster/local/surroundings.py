"""What isolates a local cluster: namespaces and cgroups of its own; without root, an address of the loopback network.

The second is for profile `api` alone: no pod runs there, so nothing needs a network, mounts or limits.
"""

import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

from dev.cluster import places, processes
from dev.cluster.errors import ClusterError
from dev.cluster.local import cgroups, machine_folders, namespaces
from dev.cluster.local.addresses import ETCD_PORT, PORT, Addresses
from dev.cluster.local.layout import Layout
from dev.cluster.options import Options, Profile
from dev.cluster.waiting import until


def are_its_own() -> bool:
    """Return whether they are namespaces and cgroups. One user's clusters are all alike: a state folder is per user."""
    return os.geteuid() == 0


def refuse_what_needs_root(options: Options) -> None:
    """Raise ClusterError, with what works instead, when these options need root and this user is not root."""
    if not are_its_own() and (options.profile is not Profile.API or options.kwok):
        raise ClusterError(
            "A local cluster with a node needs root: run the same as root, or use CLUSTER=kind where Docker is. "
            "Only PROFILE=api does without."
        )


def addresses(number: int) -> Addresses:
    return Addresses(number, isolated=are_its_own())


def are_taken(number: int) -> bool:
    """Return whether this machine uses the addresses of that number, whatever the records of clusters contain."""
    if are_its_own():
        return namespaces.is_taken(number)
    return any(_is_served(str(addresses(number).node), port) for port in (ETCD_PORT, PORT))


def exist(layout: Layout) -> bool:
    """Return whether any of these surroundings are left."""
    return are_its_own() and (cgroups.exists(layout.name) or namespaces.link_exists(layout))


def create(layout: Layout, given: Addresses) -> None:
    if are_its_own():
        cgroups.create(layout.name)
        namespaces.create(layout, given)


def entrance(layout: Layout) -> Path:
    """Return a file for pids: with cgroups, a process that writes its pid into it ends with the cluster."""
    return cgroups.entrance(layout.name) if are_its_own() else Path(os.devnull)


def enter(layout: Layout, *, private_mounts: bool = False) -> list[str]:
    """Return the beginning of a command line that runs in these surroundings."""
    if not are_its_own():
        return []
    mounts = [f"--mount={layout.mount_namespace}"] if private_mounts else []
    return ["nsenter", f"--net={layout.network_namespace}", *mounts]


def remove(layout: Layout) -> int:
    """Remove the surroundings, in any state, and kill all their processes; return how many there were.

    Raises ClusterError when something cannot be removed.
    """
    if not are_its_own():
        return _kill_all(layout)
    killed = cgroups.kill_all(layout.name)
    namespaces.remove(layout)
    cgroups.remove(layout.name)
    if mounts := namespaces.mounts_below(layout.folder):
        raise ClusterError(f"not removing {layout.folder}: there are mounts in it: {', '.join(mounts)}")
    return killed


def forget(name: str) -> None:
    """Remove what the machine needed for `name` and for no other cluster."""
    if are_its_own():
        machine_folders.remove_if_last(name)


def _is_served(address: str, port: int) -> bool:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((address, port))
        except OSError:
            return True
    return False


def _kill_all(layout: Layout) -> int:
    killed: dict[int, int | None] = {}

    def left() -> str | None:
        for pid in _components(layout):
            killed[pid] = processes.started(pid)
        # A process that is being killed has no command line any more while it still holds memory and ports.
        running = sorted(pid for pid, start in killed.items() if start is not None and processes.started(pid) == start)
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return f"{running} run" if running else None

    until(f"the end of cluster {layout.name}", left)
    return len(killed)


def _components(layout: Layout) -> set[int]:
    """Return the pids of programs that we built and that have an argument in the cluster's folder.

    The pid files are not enough: a killed `up` may not have noted a pid.
    """
    return {
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if _is_component(path, layout) and processes.started(int(path.parent.name)) is not None
    }


def _is_component(path: Path, layout: Layout) -> bool:
    try:
        program, *arguments = path.read_text().split("\0")
    except (OSError, ValueError):  # the process has ended, or its arguments are no text
        return False
    built = Path(program).is_relative_to(places.cache() / "bin")
    return built and any(f"={layout.folder}/" in each for each in arguments)
