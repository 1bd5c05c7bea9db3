"""Brings clusters up, takes them down and finds those that are up, for all kinds of cluster."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from dev.cluster import companions, current, kind, places, record
from dev.cluster.errors import ClusterError
from dev.cluster.handle import Cluster, LocalCluster
from dev.cluster.local import local_cluster
from dev.cluster.locks import locked
from dev.cluster.options import Options, Where
from dev.cluster.progress import say


def chosen(where: Where, options: Options) -> Where:
    """Return what AUTO means on this machine, for a cluster of these options; return any other value as it is."""
    if where is not Where.AUTO:
        return where
    return Where.KIND if options == Options() and kind.docker_answers() else Where.LOCAL


def up(name: str, options: Options | None = None, *, where: Where = Where.AUTO) -> Cluster:
    """Return a healthy cluster called `name`: reused in seconds when it is up with these options, else created anew.

    Raises ClusterError, with what to do.
    """
    options = options or Options()
    place = chosen(where, options)
    if place is Where.LOCAL:
        return up_local(name, options)
    with _held(name):
        _make_way(name, place)
        return kind.up(name, options) if place is Where.KIND else current.up(name, options)


def up_local(name: str, options: Options | None = None) -> LocalCluster:
    """As `up`, but always of this machine's own processes: each component can be killed on its own."""
    with _held(name):
        _make_way(name, Where.LOCAL)
        return local_cluster.up(name, options or Options())


def find(name: str) -> Cluster:
    """Return the cluster called `name` that was brought up before. Raises ClusterError when there is none."""
    kept = record.read(name)
    if kept is None or not (kept.ready or kept.where is Where.LOCAL):
        places.refuse_what_is_roots(name)
        others = ", ".join(record.names()) or "none at all"
        raise ClusterError(f"no cluster {name} is up (there is {others}): make cluster NAME={name}")
    if kept.where is Where.LOCAL:
        return local_cluster.attach(kept)
    return Cluster(name, kept.where, Path(kept.kubeconfig), Path(kept.kubectl))


def owner(kubeconfig: Path) -> Cluster | None:
    """Return the cluster that was brought up with this kubeconfig; None when it is not one of ours."""
    for name in record.names():
        kept = record.read(name)
        if kept is not None and Path(kept.kubeconfig) == kubeconfig:
            return find(name)
    return None


def down(name: str) -> None:
    """Take down the cluster, in any state. Before that, end the processes noted by `Cluster.stop_first`.

    A cluster that is not ours (CLUSTER=current) stays as it is. Raises ClusterError when something cannot be removed.
    """
    with _held(name):
        _down(name)


def _held(name: str) -> AbstractContextManager[None]:
    return locked(places.lock(name), f"cluster {name}")


def _make_way(name: str, place: Where) -> None:
    kept = record.read(name)
    if kept is not None and kept.where is not place:
        say(f"cluster {name} is a {kept.where} one: taking it down first")
        _down(name)


def _down(name: str) -> None:
    companions.stop(name)
    kept = record.read(name)
    where = kept.where if kept is not None else Where.LOCAL
    if where is Where.KIND:
        kind.down(name)
    if where is Where.LOCAL:
        local_cluster.down(name)
    shutil.rmtree(places.folder(name), ignore_errors=True)
