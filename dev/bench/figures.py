"""Statistics of a few runs. Pure. All raise ValueError for no values at all."""

import math
from collections.abc import Sequence
from statistics import mean
from typing import TypeVar

T = TypeVar("T")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of all do not exceed: always a measured value."""
    if not values:
        raise ValueError("no values, no percentile")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def spread(values: Sequence[float]) -> float:
    """Return how far apart equal runs are, as a share of their mean."""
    if not values:
        raise ValueError("no values, no spread")
    return (max(values) - min(values)) / mean(values)


def rotated(values: Sequence[T], by: int) -> list[T]:
    """Return `values` rotated, so that not always the same one is first, when the caches are cold."""
    start = by % len(values)
    return [*values[start:], *values[:start]]
