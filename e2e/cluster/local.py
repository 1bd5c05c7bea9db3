"""A cluster of real programs as processes of this machine. Needs root, Debian and Go."""

import os
import shutil
from functools import partial
from pathlib import Path

from e2e.cluster import (
    binaries,
    bring_up,
    cgroups,
    companions,
    health,
    images,
    machine_folders,
    namespaces,
    numbers,
    packages,
    places,
)
from e2e.cluster.addresses import Addresses
from e2e.cluster.errors import ClusterError
from e2e.cluster.handle import LocalCluster
from e2e.cluster.layout import Layout
from e2e.cluster.options import Options, Where
from e2e.cluster.plan import Given, Plan, parsed, plan
from e2e.cluster.progress import say
from e2e.cluster.record import Record, read

_HALF = "it was left half-way"


def up(name: str, options: Options) -> LocalCluster:
    """A healthy cluster of these options: the running one if it is that, else a new one. Raises ClusterError."""
    _must_be_root()
    layout = Layout(name)
    tools = packages.tools()
    made_from = partial(
        Given,
        layout,
        binaries=binaries.built(),
        cni_plugins=str(tools.cni_plugins),
        images=tuple(str(path) for path in images.built(tools.busybox)),
    )
    if not _is_gone(name):
        kept = read(name)
        unusable = _HALF if kept is None else _unusable(layout, plan(made_from(Addresses(kept.number)), options))
        if kept is not None and unusable is None:
            say(f"cluster {name} is up already")
            return attach(kept)
        say(f"cluster {name} cannot be used again ({unusable}): taking it down")
        companions.stop(name)
        _tear_down(name)
    unnumbered = Record(name, Where.LOCAL, str(layout.kubeconfig), str(layout.folder / "bin/kubectl"))
    record = numbers.give(unnumbered, namespaces.is_taken)
    given = made_from(Addresses(record.number))
    bring_up.bring_up(given, options, plan(given, options))
    return attach(record)


def attach(record: Record) -> LocalCluster:
    """The handle of a cluster that was up once. Raises ClusterError when it never was."""
    try:
        kept = parsed(Layout(record.name).plan.read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"cluster {record.name} is not whole: make cluster NAME={record.name}") from error
    return LocalCluster(record.name, record.where, Path(record.kubeconfig), Path(record.kubectl), record.number, kept)


def down(name: str) -> None:
    """From any state; nothing is left. Raises ClusterError when something does not go."""
    places.refuse_what_is_roots(name)
    if os.geteuid() == 0:
        _tear_down(name)


def _must_be_root() -> None:
    if os.geteuid() != 0:
        raise ClusterError("A local cluster needs root: run the same as root, or use CLUSTER=kind where Docker is.")


def _unusable(layout: Layout, wanted: Plan) -> str | None:
    try:
        kept = layout.plan.read_text()
    except OSError:
        return _HALF
    if kept != wanted.text():
        return "it was made from something else"
    return health.unhealthy(layout, wanted)


def _is_gone(name: str) -> bool:
    """Whether nothing at all is left of the cluster."""
    layout = Layout(name)
    return not (layout.folder.exists() or cgroups.exists(name) or namespaces.link_exists(layout))


def _tear_down(name: str) -> None:
    layout = Layout(name)
    killed = cgroups.kill_all(name)
    namespaces.remove(layout)
    cgroups.remove(name)
    if mounts := namespaces.mounts_below(layout.folder):
        raise ClusterError(f"not removing {layout.folder}: there are mounts in it: {', '.join(mounts)}")
    if layout.folder.exists():
        shutil.rmtree(layout.folder)
    machine_folders.remove_if_last(name)
    say(f"cluster {name} is down ({killed} processes ended)")
