"""A cluster of real programs as processes of this machine. It needs Linux and Go; to run pods, root and Debian too."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dev.cluster import companions, places
from dev.cluster.errors import ClusterError
from dev.cluster.handle import LocalCluster
from dev.cluster.local import binaries, bring_up, health, images, numbers, packages, surroundings
from dev.cluster.local.addresses import Addresses
from dev.cluster.local.layout import Layout
from dev.cluster.local.plan import Given, Plan, parsed, plan
from dev.cluster.options import Options, Where
from dev.cluster.progress import say
from dev.cluster.record import Record, read

_HALF = "it was left half-way"


def up(name: str, options: Options) -> LocalCluster:
    """Return a healthy cluster of these options: the running one if it is that, else a new one. Raises ClusterError."""
    surroundings.refuse_what_needs_root(options)
    layout = Layout(name)
    made_from = _ingredients(layout)
    if not _is_gone(name):
        kept = read(name)
        unusable: str | None = _HALF
        if kept is not None:
            unusable = _unusable(layout, plan(made_from(surroundings.addresses(kept.number)), options))
            if unusable is None:
                say(f"cluster {name} is up already")
                return attach(kept)
        say(f"cluster {name} cannot be used again ({unusable}): taking it down")
        companions.stop(name)
        _tear_down(name)
    unnumbered = Record(name, Where.LOCAL, str(layout.kubeconfig), str(layout.folder / "bin/kubectl"))
    record = numbers.give(unnumbered, surroundings.are_taken)
    given = made_from(surroundings.addresses(record.number))
    bring_up.bring_up(given, options, plan(given, options))
    return attach(record)


def attach(record: Record) -> LocalCluster:
    """Return the handle of a cluster that was up once. Raises ClusterError when it never was."""
    try:
        kept = parsed(Layout(record.name).plan.read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"cluster {record.name} is not whole: make cluster NAME={record.name}") from error
    return LocalCluster(record.name, record.where, Path(record.kubeconfig), Path(record.kubectl), record.number, kept)


def down(name: str) -> None:
    """Take down the cluster, in any state; nothing is left. Raises ClusterError when something cannot be removed."""
    places.refuse_what_is_roots(name)
    _tear_down(name)


def _ingredients(layout: Layout) -> Callable[[Addresses], Given]:
    """Build and install what is missing. Only a cluster with namespaces of its own and pods needs Debian packages."""
    if not surroundings.are_its_own():
        return partial(Given, layout, binaries=binaries.built(), cni_plugins="", images=())
    tools = packages.tools()
    return partial(
        Given,
        layout,
        binaries=binaries.built(),
        cni_plugins=str(tools.cni_plugins),
        images=tuple(str(path) for path in images.built(tools.busybox)),
    )


def _unusable(layout: Layout, wanted: Plan) -> str | None:
    try:
        kept = layout.plan.read_text()
    except OSError:
        return _HALF
    if kept != wanted.text():
        return "it was made from something else"
    return health.unhealthy(layout, wanted)


def _is_gone(name: str) -> bool:
    """Return whether nothing at all is left of the cluster."""
    layout = Layout(name)
    return not (layout.folder.exists() or surroundings.exist(layout))


def _tear_down(name: str) -> None:
    layout = Layout(name)
    killed = surroundings.remove(layout)
    if layout.folder.exists():
        shutil.rmtree(layout.folder)
    surroundings.forget(name)
    say(f"cluster {name} is down ({killed} processes ended)")
