"""Nodes without a kubelet: the one of profile `api`, and simulated ones."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dev.cluster.errors import ClusterError
from dev.cluster.local.client import Client

KWOK_LABEL = "type=kwok"
"""kwok simulates nodes with this label; pods that want such a node select the label and tolerate its taint."""

SIMULATED = "kwok.x-k8s.io/node"
"""Key of the taint (NoSchedule) that keeps all other pods off simulated nodes."""

_ROOM = {"cpu": "1000", "memory": "4Ti", "pods": "100000", "ephemeral-storage": "100Ti"}


def create_ready_node(client: Client, name: str) -> None:
    """Set the node Ready once. The controller-manager of this profile waits for no heartbeat (see plan.py)."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "NoKubelet",
        "message": "tests write the status of its pods",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    _create(client, {"metadata": {"name": name}})
    _patch_status(client, name, {"conditions": [ready], "capacity": _ROOM, "allocatable": _ROOM})


def create_simulated_nodes(client: Client, names: Iterable[str]) -> None:
    """Create the nodes with kwok's label: kwok makes them Ready and renews their leases."""
    key, _, value = KWOK_LABEL.partition("=")
    taint = {"key": SIMULATED, "value": "fake", "effect": "NoSchedule"}
    for name in names:
        labels = {key: value, "kubernetes.io/hostname": name}
        _create(client, {"metadata": {"name": name, "labels": labels}, "spec": {"taints": [taint]}})
        _patch_status(client, name, {"capacity": _ROOM, "allocatable": _ROOM})


def _create(client: Client, node: dict[str, Any]) -> None:
    status, text = client.send("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", **node})
    if status != 201:
        raise ClusterError(f"creating the node {node['metadata']['name']}: {status} {text}")


def _patch_status(client: Client, name: str, wanted: dict[str, Any]) -> None:
    path = f"/api/v1/nodes/{name}/status"
    status, text = client.send("PATCH", path, {"status": wanted}, kind="application/merge-patch+json")
    if status != 200:
        raise ClusterError(f"writing the status of the node {name}: {status} {text}")
