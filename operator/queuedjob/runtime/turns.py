"""Whose key is next: namespaces take turns, and none keeps the workers from the others (protocol: Turns). Pure.

A key holds a worker while its handler runs. A handler that takes long leaves its worker, and is then slow: its key is
still active, but the worker serves the next key. So calls that hang for one namespace hold no worker for long.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

_SLOW_IN_ALL: Final = 3
"""Slow handlers for each worker. At this number, a namespace that has slow handlers starts no further one."""

_ACTIVE_IN_ALL: Final = 8
"""Active keys for each worker. At this number nothing starts: each may hold a connection."""


class Turns:
    """Keys that wait for a worker, by namespace, and the workers and slow handlers that each namespace has.

    One namespace holds at most half of the `workers` (at least one) while another one could use them, and never has
    more active keys than there are workers.
    """

    def __init__(self) -> None:
        self.workers = 0
        self._waiting: dict[str, deque[str]] = {}  # in the order of turns
        self._working: Counter[str] = Counter()
        self._slow: Counter[str] = Counter()

    @property
    def most_active(self) -> int:
        """How many keys may be active at most, slow ones included."""
        return _ACTIVE_IN_ALL * self.workers

    def add(self, namespace: str, key: str) -> None:
        """The key waits for a worker."""
        self._waiting.setdefault(namespace, deque()).append(key)

    def take(self) -> str | None:
        """The key that gets a worker now; None if no worker is free, or if no key may have it."""
        if self._working.total() >= self.workers or self._working.total() + self._slow.total() >= self.most_active:
            return None
        chosen = self._first(self._is_below_its_share) or self._first(self._may_start)
        if chosen is None:
            return None
        keys = self._waiting.pop(chosen)
        key = keys.popleft()
        if keys:
            self._waiting[chosen] = keys  # at the end: the others have their turns first
        self._working[chosen] += 1
        return key

    def slow(self, namespace: str) -> None:
        """A handler of this namespace takes long: it leaves its worker."""
        _drop_one(self._working, namespace)
        self._slow[namespace] += 1

    def ended(self, namespace: str, *, slow: bool) -> None:
        """A handler of this namespace has ended. `slow`: it had left its worker."""
        _drop_one(self._slow if slow else self._working, namespace)

    @property
    def startable(self) -> int:
        """How many keys wait for nothing but a worker."""
        return sum(len(keys) for namespace, keys in self._waiting.items() if self._may_start(namespace))

    def __bool__(self) -> bool:
        """Whether a key waits for a worker."""
        return bool(self._waiting)

    def _first(self, test: Callable[[str], bool]) -> str | None:
        return next((namespace for namespace in self._waiting if test(namespace)), None)

    def _is_below_its_share(self, namespace: str) -> bool:
        return self._working[namespace] < max(1, self.workers // 2) and self._may_start(namespace)

    def _may_start(self, namespace: str) -> bool:
        slow = self._slow[namespace]
        if slow + self._working[namespace] >= self.workers:
            return False
        return slow == 0 or self._slow.total() < _SLOW_IN_ALL * self.workers


def _drop_one(counts: Counter[str], namespace: str) -> None:
    """Count one less, and keep no zero: namespaces come and go."""
    counts[namespace] -= 1
    if not counts[namespace]:
        del counts[namespace]
