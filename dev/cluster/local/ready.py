"""The checks of a cluster that is up. Each check returns None, or what is seen instead."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from dev.cluster.local.client import Client
from dev.cluster.local.nodes import SIMULATED
from dev.cluster.local.plan import Plan

Check: TypeAlias = Callable[[], str | None]


def everything(client: Client, plan: Plan) -> Iterator[tuple[str, Check]]:
    """Yield all checks of such a cluster, in the order in which they succeed."""
    yield "the API server", lambda: server_answers(client)
    yield "the ServiceAccount default/default", lambda: service_account_exists(client)
    yield "the nodes", lambda: nodes_are_ready(client, plan.nodes)


def server_answers(client: Client) -> str | None:
    """The API server's own checks all pass: etcd, the bootstrap roles and policies, the caches."""
    status, text = client.send("GET", "/readyz")
    return None if status == 200 else f"{status} {text.strip()}"


def service_account_exists(client: Client) -> str | None:
    """The ServiceAccount exists: without it the API server refuses every pod of the namespace."""
    found = client.read("/api/v1/namespaces/default/serviceaccounts/default")
    return found if isinstance(found, str) else None


def nodes_are_ready(client: Client, names: tuple[str, ...]) -> str | None:
    """The nodes are Ready, and the taints of a NotReady node are gone."""
    found = client.read("/api/v1/nodes")
    if isinstance(found, str):
        return found
    nodes = {node["metadata"]["name"]: node for node in found["items"]}
    for name in names:
        if name not in nodes:
            return f"there is no node {name}"
        if amiss := _amiss(nodes[name]):
            return f"node {name}: {amiss}"
    return None


def _amiss(node: dict[str, Any]) -> str | None:
    ready = [each for each in node["status"].get("conditions", []) if each["type"] == "Ready"]
    if not ready:
        return "no condition Ready"
    if ready[0]["status"] != "True":
        return f"{ready[0].get('reason')}: {ready[0].get('message')}"
    taints = [taint["key"] for taint in node["spec"].get("taints", []) if taint["key"] != SIMULATED]
    return f"taints {', '.join(taints)}" if taints else None
