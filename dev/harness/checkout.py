"""Names for the clusters of tests: each checkout has its own, so that runs side by side do not meet."""

import hashlib
from pathlib import Path
from typing import Final

_HERE: Final = hashlib.sha256(str(Path(__file__).parents[2]).encode()).hexdigest()[:5]


def cluster_of_tests(purpose: str) -> str:
    """The name of this checkout's cluster for `purpose`, a word of five letters at most.

    It is the same in each run, which so cleans up after a killed one.
    """
    return f"t{_HERE}-{purpose}"
