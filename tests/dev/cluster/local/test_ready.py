import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from dev.cluster.local.client import Client
from dev.cluster.local.ready import nodes_are_ready


class Shows:
    """A client that returns one list of nodes."""

    def __init__(self, *nodes: Mapping[str, Any]) -> None:
        self._nodes = nodes

    def read(self, path: str) -> dict[str, Any] | str:
        assert path == "/api/v1/nodes"
        return {"items": json.loads(json.dumps(self._nodes))}


def a_node(name: str = "node", ready: str = "True", taints: tuple[str, ...] = ()) -> dict[str, Any]:
    condition = {"type": "Ready", "status": ready, "reason": "Because", "message": "of that"}
    return {
        "metadata": {"name": name},
        "spec": {"taints": [{"key": key} for key in taints]},
        "status": {"conditions": [condition]},
    }


@pytest.mark.parametrize(
    ("nodes", "seen"),
    [
        pytest.param([a_node()], None, id="ready"),
        pytest.param([], "there is no node node", id="not registered yet"),
        pytest.param([a_node(ready="False")], "node node: Because: of that", id="not ready says why"),
        pytest.param([a_node(taints=("a", "b"))], "node node: taints a, b", id="tainted"),
        pytest.param([a_node(taints=("kwok.x-k8s.io/node",))], None, id="a simulated node's own taint"),
        pytest.param([{**a_node(), "status": {}}], "node node: no condition Ready", id="no status yet"),
    ],
)
def test_a_node_counts_when_pods_can_land_on_it(nodes: list[dict[str, Any]], seen: str | None) -> None:
    assert nodes_are_ready(cast("Client", Shows(*nodes)), ("node",)) == seen
