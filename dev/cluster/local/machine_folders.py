"""Empty folders of the machine over which the private ones of containerd and the kubelet are mounted.

The folders that we had to create are removed with the last cluster.
"""

from contextlib import suppress
from pathlib import Path

from dev.cluster import places, record
from dev.cluster.locks import locked

FOLDERS = tuple(Path(path) for path in ("/var/lib/kubelet", "/var/lib/cni", "/var/log/containers", "/run/containerd"))
"""Paths that are built into containerd and kubelet; each cluster sees its own folders there."""


def _made() -> Path:
    return places.state() / "made-folders"


def ensure() -> None:
    """Create those that are missing. The cluster for which they are has its folder already (see `remove_if_last`)."""
    with locked(places.state() / "locks" / ".folders", "another cluster's mounts"):
        for folder in FOLDERS:
            if not folder.exists():
                with _made().open("a") as list_of_ours:
                    list_of_ours.write(f"{folder}\n")
                folder.mkdir(parents=True)


def remove_if_last(name: str) -> None:
    """Remove what `ensure` created, when no cluster but `name` is left."""
    with locked(places.state() / "locks" / ".folders", "another cluster's mounts"):
        if set(record.names()) <= {name} and _made().exists():
            for folder in _made().read_text().split():
                with suppress(OSError):  # no longer empty: another program uses it by now
                    Path(folder).rmdir()
            _made().unlink()
