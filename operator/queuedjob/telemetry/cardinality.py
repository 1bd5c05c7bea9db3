"""Keeps label values few, where somebody outside may choose them.

Each new value of a label is a new time series in Prometheus, for weeks. Whoever may create jobs may invent queues and
types; without a bound one loop in a script would fill the monitoring of the whole cluster.
"""

from typing import Final

OTHER: Final = "_other"
"""Stands for every value past the bound. No queue or type is called so: a DNS label has no underscore."""


class Bounded:
    """Lets the first `limit` distinct values through; every later one becomes OTHER. Nothing goes uncounted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        """`value`, or OTHER where there are too many already."""
        if value in self._known:
            return value
        if len(self._known) >= self._limit:
            return OTHER
        self._known.add(value)
        return value


class BoundedWithin:
    """The same for pairs: the outer value is bounded, and so is the number of pairs in all."""

    def __init__(self, outer: Bounded, limit: int) -> None:
        self._outer = outer
        self._limit = limit
        self._known: set[tuple[str, str]] = set()

    def __call__(self, outer: str, inner: str) -> tuple[str, str]:
        """The pair, with OTHER in the place of what is too many."""
        outer = self._outer(outer)
        pair = (outer, inner)
        if outer == OTHER:
            return OTHER, OTHER
        if pair in self._known:
            return pair
        if len(self._known) >= self._limit:
            return outer, OTHER
        self._known.add(pair)
        return pair
