"""Starts a component as a supervisor would: when its dependencies are ready, and again when it ended too early."""

import socket

from dev.cluster.commands import tail
from dev.cluster.local import components, credentials
from dev.cluster.local.addresses import Addresses
from dev.cluster.local.client import Client
from dev.cluster.local.layout import Layout
from dev.cluster.local.plan import Component
from dev.cluster.local.ready import server_answers
from dev.cluster.waiting import until

NEEDED_FIRST = ("etcd", "kube-apiserver", "containerd")
"""These need only each other. The others end when there is no API server for some seconds."""

_KUBELET_PORT = 10250


def start(layout: Layout, addresses: Addresses, component: Component) -> None:
    """Return when the component runs; it may not be ready yet. Raises ClusterError."""
    if component.name not in NEEDED_FIRST:
        client = Client(credentials.access(layout))
        until(f"the API server for {component.name}", lambda: server_answers(client), context=lambda: _told(layout))
    components.start(layout, component)
    if component.name == "kubelet":
        until("the kubelet", lambda: _serves(layout, addresses, component), context=lambda: tail(layout.log("kubelet")))


def _told(layout: Layout) -> str:
    """Return the logs of etcd and the API server: an API server that does not start may wait for an etcd that ended."""
    return "\n".join(tail(layout.log(each)) for each in ("etcd", "kube-apiserver"))


def _serves(layout: Layout, addresses: Addresses, kubelet: Component) -> str | None:
    """Start the kubelet again when it has ended: it ends when containerd answers but has not finished its own start."""
    if not components.runs(layout, kubelet):
        components.start(layout, kubelet)
        return "it ended and was started again"
    try:
        socket.create_connection((str(addresses.node), _KUBELET_PORT), timeout=1.0).close()
    except OSError as error:
        return str(error)
    return None
