"""The folders on disk: what can be built again is in the cache, what belongs to running clusters in the state folder.

Neither is in the work tree: several clones share them, and `git clean` must not delete files of a running cluster.
"""

import os
import re
from pathlib import Path

from dev.cluster.errors import ClusterError

STATE_OF_ROOT = Path("/var/lib/queuedjob-e2e")

LONGEST_NAME = 12
"""A network link is called qj-NAME, and Linux allows it 15 characters (IFNAMSIZ - 1)."""


def cache() -> Path:
    """Return the folder for binaries and images: $QUEUEDJOB_CACHE, else the XDG cache folder."""
    if own := os.environ.get("QUEUEDJOB_CACHE"):
        return Path(own).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "queuedjob"


def state() -> Path:
    """Return one folder for all local clusters of this machine: their names, numbers and links are per machine, too."""
    if os.geteuid() == 0:
        return STATE_OF_ROOT
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "queuedjob-e2e"


def folder(name: str) -> Path:
    """Return the folder of the cluster `name`. Raises ClusterError when it cannot be a cluster's name."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name) or len(name) > LONGEST_NAME:
        raise ClusterError(
            f"{name!r} cannot be the name of a cluster: up to {LONGEST_NAME} of a-z, 0-9 and -, "
            "not beginning or ending with -"
        )
    return state() / "clusters" / name


def lock(name: str) -> Path:
    """Return the file that is locked while the cluster `name` goes up or down.

    It is beside the cluster's folder, which may be removed.
    """
    return state() / "locks" / folder(name).name


def refuse_what_is_roots(name: str) -> None:
    """Raise ClusterError when root has a cluster of that name and this user is not root."""
    if os.geteuid() != 0 and (STATE_OF_ROOT / "clusters" / folder(name).name).exists():
        raise ClusterError(f"The cluster {name} is root's: run the same command as root.")
