"""Gives each cluster a number, so that clusters on one machine never share addresses.

The clusters' own records hold the numbers. There is no other registry that could contradict them.
"""

from collections.abc import Callable

from dev.cluster import places
from dev.cluster.errors import ClusterError
from dev.cluster.local.addresses import CLUSTERS
from dev.cluster.locks import locked
from dev.cluster.record import Record, names, read, write


def give(record: Record, taken: Callable[[int], bool]) -> Record:
    """Write `record` with the lowest free number. The cluster has no record yet.

    `taken` returns whether this machine uses the addresses of a number, whatever the records say: a record may be lost.
    Raises ClusterError when there is no number left.
    """
    with locked(places.state() / "locks" / ".numbers", "another cluster to get its number"):
        others = {name: other.number for name in names() if (other := read(name)) is not None}
        used = set(others.values())
        free = next((number for number in range(CLUSTERS) if number not in used and not taken(number)), None)
        if free is None:
            raise ClusterError(
                f"There is no room for another cluster, {CLUSTERS} fit: {', '.join(sorted(others))}. "
                "Take one down: make cluster-down NAME=..."
            )
        numbered = record.numbered(free)
        write(numbered)
        return numbered
