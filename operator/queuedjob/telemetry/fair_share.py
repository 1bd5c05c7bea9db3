"""Which values of a label are shown: a bounded number, shared fairly by the namespaces that use them.

Users choose these values. First come, first served would let one namespace take every place with names that it invents,
for as long as the operator runs. Here a namespace with few values takes places from the one with the most, and a value
that no namespace uses gives its place up.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from queuedjob.ports import Clock

_UNUSED: Final = 3600.0
"""Seconds without use after which a value may lose its place to a new one."""

ValueT = TypeVar("ValueT", bound=Hashable)


@dataclass(slots=True)
class _Place:
    namespace: str
    used_at: float


class FairShare(Generic[ValueT]):
    """Up to `limit` values. Each counts for one of the namespaces that use it, the one with fewer values.

    A new value gets a free place; else that of a value that is out of use; else one of the namespace with the most
    values, if that has at least two more than the new value's. `on_lost` gets each value that loses its place.
    """

    def __init__(self, clock: Clock, limit: int, on_lost: Callable[[ValueT], None]) -> None:
        self._clock = clock
        self._limit = limit
        self._on_lost = on_lost
        self._places: dict[ValueT, _Place] = {}
        self._held: Counter[str] = Counter()
        self._refused: set[str] = set()  # namespaces that get no place before something changes, or `_recheck_at`
        self._recheck_at = float("inf")

    def __contains__(self, value: object) -> bool:
        return value in self._places

    def admits(self, namespace: str, value: ValueT) -> bool:
        """Whether the value is shown. This use of it by `namespace` counts."""
        now = self._clock.monotonic()
        place = self._places.get(value)
        if place is not None:
            place.used_at = now
            if self._held[namespace] < self._held[place.namespace] - 1:
                self._move(place, namespace)
            return True
        if len(self._places) >= self._limit and not self._make_room(namespace, now):
            return False
        self._places[value] = _Place(namespace, now)
        self._held[namespace] += 1
        self._refused.clear()
        return True

    def drop(self, value: ValueT) -> None:
        """Take the place of this value away, if it has one."""
        place = self._places.pop(value, None)
        if place is not None:
            self._release(place.namespace)
            self._on_lost(value)

    def _make_room(self, namespace: str, now: float) -> bool:
        """Free one place for `namespace`. A refusal is remembered: a scrape may ask for thousands of values."""
        if now >= self._recheck_at:
            self._refused.clear()
        if namespace in self._refused or not self._places:
            return False
        oldest = min(self._places, key=lambda value: self._places[value].used_at)
        if self._places[oldest].used_at + _UNUSED <= now:
            self.drop(oldest)
            return True
        most, held = self._held.most_common(1)[0]
        if held > self._held[namespace] + 1:
            mine = (value for value, place in self._places.items() if place.namespace == most)
            self.drop(min(mine, key=lambda value: self._places[value].used_at))
            return True
        self._recheck_at = self._places[oldest].used_at + _UNUSED
        if len(self._refused) < self._limit:
            self._refused.add(namespace)
        return False

    def _move(self, place: _Place, namespace: str) -> None:
        self._release(place.namespace)
        place.namespace = namespace
        self._held[namespace] += 1

    def _release(self, namespace: str) -> None:
        self._held[namespace] -= 1
        if not self._held[namespace]:
            del self._held[namespace]
        self._refused.clear()
