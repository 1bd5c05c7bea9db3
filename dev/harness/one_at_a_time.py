"""One operator works with a cluster at a time: whichever was started last.

Tests are no part of this: each of theirs is confined to a namespace of its own.
"""

from typing import Final

from dev.cluster import Cluster
from dev.cluster.progress import say

USER: Final = "queuedjob-operator"
"""Its ServiceAccount."""

_COMPANION: Final = "operator"


def end_the_one_before(cluster: Cluster) -> None:
    """Ends the operator that `make demo` or `make run` started here. One of another machine is not found."""
    pid = cluster.companion(_COMPANION)
    if pid is not None and cluster.stop(_COMPANION):
        say(f"stopped the operator that ran here before (pid {pid})")


def this_is_the_one(cluster: Cluster, pid: int) -> None:
    """From now on it is this process, and goes down with the cluster."""
    cluster.stop_first(_COMPANION, pid)


def the_one(cluster: Cluster) -> int | None:
    """Its pid, while it runs."""
    return cluster.companion(_COMPANION)
