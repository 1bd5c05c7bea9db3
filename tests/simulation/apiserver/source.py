"""A WatchSource port that behaves like kopf: events of one object are in order, events of several objects are in any
order, and missed events are not reported.

Kopf reads one stream for each kind, in its order, and passes each object's events to a worker of that object.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Final

from queuedjob.api.kinds import KINDS
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.reflector import Reflector
from queuedjob.kube.client.sketches import Bodies
from queuedjob.ports import Body, Clock, Lines, Random, Request, Response, Sink, Transport
from tests.simulation.apiserver.chooser import Chooser

_PATHS: Final = {kind.plural: partial(paths.ours, kind.plural) for kind in KINDS}
_LAGS: Final = (0.0, 0.0, 0.0, 0.05, 1.0, 7.0)
"""Seconds until the next event is passed on: one of these is picked."""


class SimulatedSource:
    """Delivers the events of our kinds, from `transport`.

    `on_relist` is called with the plural of a kind that is listed again, as kopf's watch calls it (kopf_watch.py).
    `namespaces`: empty for all. `sketched`: the objects pass through sketches, as they do for kopf (kopf_bodies.py).
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
        sketched: bool = False,
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
        self._bodies = Bodies() if sketched else None

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
            if self._bodies is None:
                sink(plural, event, body)
            elif (newest := self._bodies.take(plural, body)) is not None:
                sink(plural, *newest)

    def _take(self, plural: str, event: str | None, body: Body) -> None:
        self._waiting.setdefault(wire.uid_of(body), deque()).append((plural, event, body))
        self._arrived.set()

    def _reflector(self, plural: str, namespace: str | None, path: str) -> Reflector:
        transport = self._transport if self._bodies is None else _Sketched(self._transport, plural, self._bodies)
        return Reflector(
            transport,
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


class _Sketched:
    """A transport that shows sketches of one kind's objects, and proves that kopf's decoder can read them."""

    def __init__(self, inner: Transport, plural: str, bodies: Bodies) -> None:
        self._inner = inner
        self._plural = plural
        self._bodies = bodies

    async def send(self, request: Request) -> Response:
        answer = await self._inner.send(request)
        if answer.status != HTTPStatus.OK:
            return answer
        return Response(answer.status, answer.headers, _readable(await self._bodies.page(self._plural, answer.body)))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        async with self._inner.stream(request) as stream:
            lines = self._lines(stream.lines) if stream.status == HTTPStatus.OK else stream.lines
            yield Lines(stream.status, stream.headers, lines)

    async def _lines(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for line in lines:
            yield _readable(await self._bodies.line(self._plural, line))


def _readable(shown: bytes) -> bytes:
    """Return the bytes that kopf is shown. Raises RecursionError if they are nested too deep for kopf's decoder."""
    json.loads(shown)
    return shown
