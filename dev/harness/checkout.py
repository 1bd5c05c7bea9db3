"""Names for the clusters of tests: each checkout has its own names, so that parallel runs do not share a cluster."""

import hashlib
from pathlib import Path
from typing import Final

_HERE: Final = hashlib.sha256(str(Path(__file__).parents[2]).encode()).hexdigest()[:5]


def cluster_of_tests(purpose: str) -> str:
    """Return the name of this checkout's cluster for `purpose`, a word of five letters at most.

    The name is the same in each run, so that a run removes the cluster of a killed run.
    """
    return f"t{_HERE}-{purpose}"
