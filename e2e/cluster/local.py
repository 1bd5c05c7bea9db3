"""A cluster of real programs as processes of this machine. Needs root, Debian and Go."""

import os
import shutil
import subprocess
from pathlib import Path

from e2e.cluster import binaries, cgroups, components, credentials, images, namespaces, nodes, numbers, packages
from e2e.cluster.addresses import Addresses
from e2e.cluster.client import Client
from e2e.cluster.commands import CLEAN_ENVIRONMENT, run, tail
from e2e.cluster.errors import ClusterError
from e2e.cluster.handle import LocalCluster
from e2e.cluster.layout import Layout
from e2e.cluster.options import Options, Profile, Where
from e2e.cluster.plan import Given, Plan, parsed, plan
from e2e.cluster.progress import say
from e2e.cluster.ready import Check, everything, server_answers
from e2e.cluster.record import Record, write
from e2e.cluster.waiting import until

_PATIENCE_WITH_A_RUNNING_ONE = 20.0
"""Seconds. A machine under load must not cost a person a healthy cluster."""


def up(name: str, options: Options) -> LocalCluster:
    """A healthy cluster of these options: the running one if it is that, else a new one."""
    _must_be_root()
    layout = Layout(name)
    tools = packages.tools()
    programs = binaries.built()
    archives = tuple(str(path) for path in images.built(tools.busybox))
    number = numbers.give(name, _is_gone, namespaces.is_taken)
    given = Given(layout, Addresses(number), programs, str(tools.cni_plugins), archives)
    wanted = plan(given, options)
    cluster = LocalCluster(name, Where.LOCAL, layout.kubeconfig, layout.folder / "bin/kubectl", number, wanted)
    missing = _differs(layout, wanted) or _unhealthy(layout, wanted, options)
    if missing is None:
        say(f"cluster {name} is up already")
        return cluster
    if layout.folder.exists() or not _is_gone(name):
        say(f"cluster {name} cannot be used again ({missing}): taking it down")
        tear_down(name)
    write(Record(name, cluster.where, str(cluster.kubeconfig), str(cluster.kubectl), number))
    _bring_up(given, options, wanted)
    write(Record(name, cluster.where, str(cluster.kubeconfig), str(cluster.kubectl), number, ready=True))
    return cluster


def attach(record: Record) -> LocalCluster:
    """The handle of a cluster that is up. Raises ClusterError when it is not."""
    layout = Layout(record.name)
    try:
        kept = parsed(layout.plan.read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"cluster {record.name} was left half-way: make cluster NAME={record.name}") from error
    return LocalCluster(record.name, record.where, Path(record.kubeconfig), Path(record.kubectl), record.number, kept)


def _must_be_root() -> None:
    if os.geteuid() != 0:
        raise ClusterError("A local cluster needs root: run the same as root, or use CLUSTER=kind where Docker is.")


def _differs(layout: Layout, wanted: Plan) -> str | None:
    try:
        kept = layout.plan.read_text()
    except OSError:
        return "it never was whole"
    return None if kept == wanted.text() else "it was made from something else"


def _unhealthy(layout: Layout, kept: Plan, options: Options) -> str | None:
    for component in kept.components:
        if not components.runs(layout, component):
            return f"{component.name} does not run"
    try:
        client = Client(credentials.access(layout))
        for what, check in everything(client, options):
            until(what, check, deadline=_PATIENCE_WITH_A_RUNNING_ONE)
    except (ClusterError, OSError, ValueError, LookupError) as error:
        return str(error)
    return None


def _bring_up(given: Given, options: Options, wanted: Plan) -> None:
    """From nothing to ready. Raises ClusterError with what is seen; what is there then stays for a look."""
    layout = given.layout
    for path, text in wanted.files.items():
        (layout.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (layout.folder / path).write_text(text)
    for folder in (layout.run, layout.configuration, layout.folder / "bin"):
        folder.mkdir(exist_ok=True)
    (layout.folder / "bin/kubectl").symlink_to(given.binaries / "kubectl")
    cgroups.create(layout.name)
    namespaces.create(layout, given.addresses)
    client = Client(credentials.create(layout, given.addresses))
    say(f"cluster {layout.name}: network {given.addresses.everything}, starting etcd and the API server")
    early = ("etcd", "kube-apiserver", "containerd")
    for component in wanted.components:
        if component.name in early:
            components.start(layout, component)
    if wanted.images:
        _import_images(layout, wanted)
    _wait(layout, wanted, "the API server", lambda: server_answers(client))
    say("the API server answers, starting the rest")
    for component in wanted.components:
        if component.name not in early:
            components.start(layout, component)
    if options.profile is Profile.API:
        nodes.create_ready_node(client)
    nodes.create_kwok_nodes(client, options.kwok)
    for what, check in everything(client, options):
        _wait(layout, wanted, what, check)
    layout.plan.write_text(wanted.text())
    say(f"cluster {layout.name} is up ({options.profile}): {given.addresses.server}")


def _import_images(layout: Layout, wanted: Plan) -> None:
    ctr = ["ctr", "--address", str(layout.containerd_socket)]

    def answers() -> str | None:
        done = subprocess.run(
            [*ctr, "version"], check=False, capture_output=True, text=True, env=dict(CLEAN_ENVIRONMENT)
        )
        return done.stderr.strip() if done.returncode else None

    _wait(layout, wanted, "containerd", answers)
    for archive in wanted.images:
        run([*ctr, "--namespace", "k8s.io", "images", "import", archive])


def _wait(layout: Layout, wanted: Plan, what: str, missing: Check) -> None:
    """As `until`, but gives up at once when a component that was started has ended."""
    started = [each for each in wanted.components if layout.pid(each.name).exists()]

    def seen() -> str | None:
        for component in started:
            components.must_run(layout, component)
        return missing()

    until(what, seen, context=lambda: "\n".join(tail(layout.log(each.name), 8) for each in started))


def _is_gone(name: str) -> bool:
    """Whether nothing at all is left of the cluster."""
    layout = Layout(name)
    return not (layout.folder.exists() or cgroups.exists(name) or namespaces.link_exists(layout))


def tear_down(name: str) -> None:
    """From any state, and nothing is left but its number. Raises ClusterError when something does not go."""
    _must_be_root()
    layout = Layout(name)
    killed = cgroups.kill_all(name)
    namespaces.remove(layout)
    cgroups.remove(name)
    if mounts := namespaces.mounts_below(layout.folder):
        raise ClusterError(f"not removing {layout.folder}: there are mounts in it: {', '.join(mounts)}")
    if layout.folder.exists():
        shutil.rmtree(layout.folder)
    say(f"cluster {name} is down ({killed} processes ended)")


def down(name: str) -> None:
    """`tear_down`, and its number is free."""
    tear_down(name)
    numbers.take_back(name)
