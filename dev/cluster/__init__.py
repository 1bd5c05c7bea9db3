"""A real Kubernetes cluster for demo, tests and benchmarks: `up`, `down`, `find`, `owner`, and the handle `Cluster`.

There are three kinds of cluster behind one handle: `local` (real programs as processes of this machine, in namespaces
of their own), `kind`, and `current`. Nothing here touches a user's own kubeconfig, containers, CNI configuration or
containerd. This package imports nothing from the operator.
"""

from dev.cluster.errors import ClusterError
from dev.cluster.handle import Cluster, LocalCluster
from dev.cluster.lifecycle import chosen, down, find, owner, up, up_local
from dev.cluster.options import Options, Profile, Where

__all__ = [
    "Cluster",
    "ClusterError",
    "LocalCluster",
    "Options",
    "Profile",
    "Where",
    "chosen",
    "down",
    "find",
    "owner",
    "up",
    "up_local",
]
