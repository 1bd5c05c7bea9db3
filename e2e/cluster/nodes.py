"""Nodes without a kubelet: the one of profile `api`, and simulated ones."""

from datetime import UTC, datetime
from typing import Any

from e2e.cluster.client import Client
from e2e.cluster.errors import ClusterError
from e2e.cluster.plan import KWOK_LABEL, NODE, kwok_node

_ROOM = {"cpu": "1000", "memory": "4Ti", "pods": "100000", "ephemeral-storage": "100Ti"}


def create_ready_node(client: Client) -> None:
    """Says once that it is Ready. The controller-manager of this profile waits for no heartbeat (see plan.py)."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "NoKubelet",
        "message": "tests write the status of its pods",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    _create(client, {"name": NODE})
    _patch_status(client, NODE, {"conditions": [ready], "capacity": _ROOM, "allocatable": _ROOM})


def create_kwok_nodes(client: Client, count: int) -> None:
    """kwok sees the label, makes them Ready and keeps their leases."""
    key, _, value = KWOK_LABEL.partition("=")
    for index in range(count):
        name = kwok_node(index)
        _create(client, {"name": name, "labels": {key: value, "kubernetes.io/hostname": name}})
        _patch_status(client, name, {"capacity": _ROOM, "allocatable": _ROOM})


def _create(client: Client, metadata: dict[str, Any]) -> None:
    status, text = client.send("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": metadata})
    if status != 201:
        raise ClusterError(f"creating the node {metadata['name']}: {status} {text}")


def _patch_status(client: Client, name: str, wanted: dict[str, Any]) -> None:
    path = f"/api/v1/nodes/{name}/status"
    status, text = client.send("PATCH", path, {"status": wanted}, kind="application/merge-patch+json")
    if status != 200:
        raise ClusterError(f"writing the status of the node {name}: {status} {text}")
