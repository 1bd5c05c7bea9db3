"""Moves a finished folder to its place: complete or not at all, even when the machine crashes a moment later."""

import os
from pathlib import Path


def publish(part: Path, target: Path) -> None:
    """Rename `part` to `target`, which does not exist. The content is on the disk before the name is."""
    for path in (*part.rglob("*"), part):
        if path.is_symlink():
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    part.rename(target)
