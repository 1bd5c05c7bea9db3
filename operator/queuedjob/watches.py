"""How long each watch has brought nothing.

A confined operator has a watch of each kind in each of its namespaces. One that is dead shows nothing of its namespace,
however much the others bring, so the oldest watch of a kind counts.
"""

from collections.abc import Iterable

from queuedjob.controllers.namespaces import Namespaces
from queuedjob.ports import Clock


class Watches:
    """When each watch was opened, or brought an event or a bookmark, for the last time."""

    def __init__(self, clock: Clock, namespaces: Namespaces) -> None:
        self._clock = clock
        self._namespaces = namespaces
        self._heard: dict[str, dict[str | None, float]] = {}

    def expect(self, kinds: Iterable[str]) -> None:
        """Record that these kinds are watched from now on."""
        now = self._clock.monotonic()
        self._heard = {kind: dict.fromkeys(self._namespaces.all, now) for kind in kinds}

    def expect_again(self, namespace: str) -> None:
        """Record that a lost namespace is served, and its watches are opened, from now on."""
        for watches in self._heard.values():
            watches[namespace] = self._clock.monotonic()

    def heard(self, kind: str, namespace: str | None, at: float | None = None) -> None:
        """Record that a watch was opened, or brought an event or a bookmark, at this monotonic time (now).

        `namespace`: the one that is watched; None for a watch of the whole cluster.
        """
        moment = self._clock.monotonic() if at is None else at
        self._heard[kind][namespace] = max(moment, self._heard[kind][namespace])

    def ages(self) -> dict[str, float]:
        """Return for how many seconds the oldest watch of each kind has brought nothing. Lost namespaces do not count.

        A watch that has brought nothing yet is as old as the operator's start.
        """
        now, served = self._clock.monotonic(), self._namespaces.served
        return {kind: now - min(watches[each] for each in served) for kind, watches in self._heard.items()}
