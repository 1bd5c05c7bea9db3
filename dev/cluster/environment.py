"""The environment in which a shell, or a program of ours, uses a cluster. Pure."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dev.cluster.handle import Cluster, LocalCluster

OURS: Final = Path(__file__).parents[2] / "bin"
"""The folder with the command `queuedjob` of this checkout."""


def line(cluster: Cluster, environment: Mapping[str, str]) -> str:
    """Return a line for `eval`: the kubeconfig, our kubectl and queuedjob first on PATH, and no proxy in between."""
    exports = [
        f"KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}",
        f'PATH={shlex.quote(str(cluster.kubectl.parent))}:{shlex.quote(str(OURS))}:"$PATH"',
    ]
    if isinstance(cluster, LocalCluster) and any(_is_proxy(name) for name in environment):
        exports.append(f'NO_PROXY={cluster.addresses.node},"$NO_PROXY"')
    return f"export {' '.join(exports)}"


def variables(cluster: Cluster, environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` for a program that uses this cluster: its kubeconfig, and no proxy before a local one."""
    direct = isinstance(cluster, LocalCluster)
    kept = {name: value for name, value in environment.items() if not (direct and _is_proxy(name))}
    return {**kept, "KUBECONFIG": str(cluster.kubeconfig)}


def _is_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy")
