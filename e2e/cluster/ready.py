"""What must be true before a cluster counts as up. Each check answers None, or what is seen instead."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from e2e.cluster.client import Client
from e2e.cluster.options import Options
from e2e.cluster.plan import NODE, kwok_node

Check: TypeAlias = Callable[[], str | None]


def server_answers(client: Client) -> str | None:
    """Its own checks all pass: etcd, the bootstrap roles and policies, the caches."""
    status, text = client.send("GET", "/readyz")
    return None if status == 200 else f"{status} {text.strip()}"


def service_account_exists(client: Client) -> str | None:
    """Without it the API server refuses every pod of the namespace."""
    found = client.read("/api/v1/namespaces/default/serviceaccounts/default")
    return found if isinstance(found, str) else None


def node_is_ready(client: Client, name: str) -> str | None:
    """Ready, and the taints of a node that was not are gone."""
    node = client.read(f"/api/v1/nodes/{name}")
    if isinstance(node, str):
        return node
    ready = [each for each in node["status"].get("conditions", []) if each["type"] == "Ready"]
    if not ready or ready[0]["status"] != "True":
        return f"node {name}: {_said(ready)}"
    if taints := node["spec"].get("taints"):
        return f"node {name} has taints: {', '.join(taint['key'] for taint in taints)}"
    return None


def _said(ready: list[dict[str, Any]]) -> str:
    return f"{ready[0].get('reason')}: {ready[0].get('message')}" if ready else "no condition Ready"


def everything(client: Client, options: Options) -> Iterator[tuple[str, Check]]:
    """All checks of a cluster with these options, in the order in which they come true."""
    yield "the API server", lambda: server_answers(client)
    yield "the ServiceAccount default/default", lambda: service_account_exists(client)
    yield "the node", lambda: node_is_ready(client, NODE)
    if options.kwok:
        last = kwok_node(options.kwok - 1)
        yield "the simulated nodes", lambda: node_is_ready(client, last)
