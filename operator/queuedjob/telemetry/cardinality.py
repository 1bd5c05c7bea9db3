"""Limit the number of label values that users may choose.

Each new value of a label is a new time series in Prometheus, for weeks. A user who may create jobs may invent queues
and types; without a limit, one loop in a script would fill the monitoring of the whole cluster.
"""

from collections.abc import Callable
from typing import Final

from queuedjob.ports import Clock
from queuedjob.telemetry.fair_share import FairShare

OTHER: Final = "_other"
"""Stands for every value past the limit. No queue or type has this name: a DNS label has no underscore."""


class Bounded:
    """Let the first `limit` distinct values through and replace each later one by OTHER, so each is still counted.

    For words of the operator and of other components: users cannot invent any.
    """

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


class SharedNames:
    """Queues, and pairs of queue and type, which users choose: up to `queues` and `pairs` of them are shown.

    Namespaces share the places (fair_share.py). `on_queue_lost` and `on_pair_lost` get what is not shown any more: its
    series end, so that their number stays bounded, too.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        queues: int,
        pairs: int,
        on_queue_lost: Callable[[str], None],
        on_pair_lost: Callable[[str, str], None],
    ) -> None:
        self._on_queue_lost = on_queue_lost
        self._queues = FairShare[str](clock, queues, self._queue_lost)
        self._on_pair_lost = on_pair_lost
        self._pairs = FairShare[tuple[str, str]](clock, pairs, self._pair_lost)
        self._types: dict[str, set[str]] = {}

    def shows(self, queue: str) -> bool:
        """Whether this queue has a place now."""
        return queue in self._queues

    def queue(self, namespace: str, queue: str) -> str:
        """`queue`, or OTHER. This is a use of the name by `namespace`."""
        return queue if self._queues.admits(namespace, queue) else OTHER

    def pair(self, namespace: str, queue: str, type_: str) -> tuple[str, str]:
        """Queue and type, with OTHER in place of what is not shown. This is a use of both by `namespace`."""
        if self.queue(namespace, queue) == OTHER:
            return OTHER, OTHER
        if not self._pairs.admits(namespace, (queue, type_)):
            return queue, OTHER
        self._types.setdefault(queue, set()).add(type_)
        return queue, type_

    def _queue_lost(self, queue: str) -> None:
        for type_ in tuple(self._types.get(queue, ())):
            self._pairs.drop((queue, type_))
        self._on_queue_lost(queue)

    def _pair_lost(self, pair: tuple[str, str]) -> None:
        queue, type_ = pair
        types = self._types[queue]
        types.discard(type_)
        if not types:
            del self._types[queue]
        self._on_pair_lost(queue, type_)
