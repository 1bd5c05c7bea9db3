"""Limit the number of label values that users may choose.

Each new value of a label is a new time series in Prometheus, for weeks. A user who may create jobs may invent queues
and types; without a limit, one loop in a script would fill the monitoring of the whole cluster.
"""

from typing import Final

OTHER: Final = "_other"
"""Stands for every value past the limit. No queue or type has this name: a DNS label has no underscore."""


class Bounded:
    """Let the first `limit` distinct values through and replace each later one by OTHER, so each is still counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        """`value`, or OTHER if there are too many values already."""
        if value in self._known:
            return value
        if len(self._known) >= self._limit:
            return OTHER
        self._known.add(value)
        return value


class BoundedWithin:
    """The same for pairs: limit the outer values, and the total number of pairs."""

    def __init__(self, outer: Bounded, limit: int) -> None:
        self._outer = outer
        self._limit = limit
        self._known: set[tuple[str, str]] = set()

    def __call__(self, outer: str, inner: str) -> tuple[str, str]:
        """The pair, with OTHER in place of a value past its limit."""
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
