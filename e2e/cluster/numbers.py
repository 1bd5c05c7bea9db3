"""Which cluster has which number: a small registry, so that clusters side by side never share addresses."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from e2e.cluster import places
from e2e.cluster.addresses import CLUSTERS
from e2e.cluster.errors import ClusterError
from e2e.cluster.locks import locked


def _registry() -> Path:
    return places.state() / "numbers.json"


def _read() -> dict[str, int]:
    """Names and numbers. A file that is damaged counts as empty: `give` refuses a number whose link exists."""
    try:
        return {str(name): int(number) for name, number in json.loads(_registry().read_text()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def _write(numbers: dict[str, int]) -> None:
    part = _registry().with_suffix(".part")
    part.write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n")
    part.replace(_registry())


def give(name: str, gone: Callable[[str], bool], taken: Callable[[int], bool]) -> int:
    """The number of the cluster `name`: the one it has, else the lowest free one.

    `gone` tells of a name that nothing is left of it, so its number is free again; `taken` of a number that something
    unregistered uses it. Raises ClusterError when there is none left.
    """
    with locked(places.state() / "locks" / ".numbers", "the registry of cluster numbers"):
        numbers = {known: number for known, number in _read().items() if known == name or not gone(known)}
        if name not in numbers:
            used = set(numbers.values())
            free = next((number for number in range(CLUSTERS) if number not in used and not taken(number)), None)
            if free is None:
                raise ClusterError(
                    f"{CLUSTERS} clusters are up, there is no room for another: {', '.join(sorted(numbers))}. "
                    "Take one down: make cluster-down NAME=..."
                )
            numbers[name] = free
        _write(numbers)
        return numbers[name]


def take_back(name: str) -> None:
    """The number of `name` is free again, if it had one."""
    if os.path.lexists(_registry()):
        with locked(places.state() / "locks" / ".numbers", "the registry of cluster numbers"):
            _write({known: number for known, number in _read().items() if known != name})
