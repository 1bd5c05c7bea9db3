"""A WatchSource port that behaves like kopf: events of one object are in order, events of several objects are in any
order, and missed events are not reported.

Kopf reads one stream for each kind, in its order, and passes each object's events to a worker of that object.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from queuedjob.api.kinds import KINDS
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.reflector import Reflector
from queuedjob.ports import Body, Clock, Random, Sink, Transport
from tests.simulation.apiserver.chooser import Chooser

_PATHS: Final = {kind.plural: partial(paths.ours, kind.plural) for kind in KINDS}
_LAGS: Final = (0.0, 0.0, 0.0, 0.05, 1.0, 7.0)
"""Seconds until the next event is passed on: one of these is picked."""


class SimulatedSource:
    """Delivers the events of our kinds, from `transport`.

    `on_relist` is called with the plural of a kind that is listed again, as kopf's watch calls it (kopf_watch.py).
    `namespaces`: empty for all.
    """

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        random: Random,
        chooser: Chooser,
        *,
        namespaces: Collection[str] = (),
        on_relist: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._random = random
        self._chooser = chooser
        self._namespaces: Collection[str | None] = namespaces or (None,)
        self._on_relist = on_relist
        self._listed: set[tuple[str, str | None]] = set()
        self._waiting: dict[str, deque[tuple[str, str | None, Body]]] = {}
        self._arrived = asyncio.Event()

    async def run(self, sink: Sink) -> None:
        """Deliver events to `sink` until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hand_over(sink))
            for plural, path in _PATHS.items():
                for namespace in self._namespaces:
                    tasks.create_task(self._reflector(plural, namespace, path(namespace)).run())

    async def _hand_over(self, sink: Sink) -> None:
        while True:
            await self._arrived.wait()
            await self._clock.sleep(self._chooser.pick("lag of the next event", _LAGS))
            uid = self._chooser.pick("whose event is next", tuple(self._waiting))
            events = self._waiting[uid]
            plural, event, body = events.popleft()
            if not events:
                del self._waiting[uid]
                if not self._waiting:
                    self._arrived.clear()
            sink(plural, event, body)

    def _take(self, plural: str, event: str | None, body: Body) -> None:
        self._waiting.setdefault(wire.uid_of(body), deque()).append((plural, event, body))
        self._arrived.set()

    def _reflector(self, plural: str, namespace: str | None, path: str) -> Reflector:
        return Reflector(
            self._transport,
            self._clock,
            self._random,
            path,
            on_event=partial(self._take, plural),
            on_listed=lambda _uids, _version: self._has_listed(plural, namespace),
            on_trouble=lambda _doing, _error: None,
        )

    def _has_listed(self, plural: str, namespace: str | None) -> None:
        key = plural, namespace
        if key in self._listed:
            self._on_relist(plural)
        self._listed.add(key)
