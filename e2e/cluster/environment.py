"""The line that makes a shell talk to a cluster. Pure."""

import shlex
from collections.abc import Mapping

from e2e.cluster.handle import Cluster, LocalCluster


def line(cluster: Cluster, environment: Mapping[str, str]) -> str:
    """For `eval`: the kubeconfig, our kubectl before others, and no proxy in between."""
    exports = [
        f"KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}",
        f'PATH={shlex.quote(str(cluster.kubectl.parent))}:"$PATH"',
    ]
    if isinstance(cluster, LocalCluster) and any(name.lower().endswith("_proxy") for name in environment):
        exports.append(f'NO_PROXY={cluster.addresses.node},"$NO_PROXY"')
    return f"export {' '.join(exports)}"
