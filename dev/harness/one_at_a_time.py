"""Only one operator works with a cluster at a time: the one that was started last.

Tests do not use this: each of their operators is confined to a namespace of its own.
"""

from typing import Final

from dev.cluster import Cluster
from dev.cluster.progress import say

USER: Final = "queuedjob-operator"
"""The operator's ServiceAccount."""

_COMPANION: Final = "operator"


def end_the_one_before(cluster: Cluster) -> None:
    """End the operator that `make demo` or `make run` started here. An operator of another machine is not found."""
    pid = cluster.companion(_COMPANION)
    if pid is not None and cluster.stop(_COMPANION):
        say(f"stopped the operator that ran here before (pid {pid})")


def this_is_the_one(cluster: Cluster, pid: int) -> None:
    """Note this process as the operator of the cluster; it ends when the cluster goes down."""
    cluster.stop_first(_COMPANION, pid)


def the_one(cluster: Cluster) -> int | None:
    """Return the pid of the operator, or None when it has ended."""
    return cluster.companion(_COMPANION)
