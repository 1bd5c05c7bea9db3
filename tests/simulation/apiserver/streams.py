"""An open WATCH: lines with their lags, bookmarks, the timeout, broken connections."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from typing import Final

from queuedjob.ports import Clock, NoAnswer, Request
from tests.simulation.apiserver.request_faults import Deliveries
from tests.simulation.apiserver.storage import Change, Storage
from tests.simulation.apiserver.watches import Watch

_BOOKMARKS: Final = 60.0
_BEFORE_THE_END: Final = 2.0
"""Seconds between the bookmarks of a watch, and from the last one to its end (apiserver, storage/cacher)."""


class Stream:
    """One open WATCH."""

    def __init__(self, storage: Storage, watch: Watch, request: Request) -> None:
        self._storage = storage
        self._watch = watch
        self._request = request
        self._stirred = asyncio.Event()
        self._is_cut = False
        self._storage.listeners.append(self._hear)

    def close(self) -> None:
        """The client has closed the WATCH."""
        self._storage.listeners.remove(self._hear)

    def cut(self) -> None:
        """Break the connection."""
        self._is_cut = True
        self._stirred.set()

    def _hear(self, change: Change) -> None:
        if change.resource is self._watch.resource:
            self._stirred.set()

    async def lines(
        self, deliveries: Deliveries, clock: Clock, to_wire: Callable[[bytes], bytes]
    ) -> AsyncIterator[bytes]:
        """The lines of the WATCH, with the lags that `deliveries` gives, until its timeout. Raises NoAnswer."""
        loop = asyncio.get_running_loop()
        query = self._request.query
        end = loop.time() + float(query.get("timeoutSeconds", "3600"))
        last = max(loop.time(), end - _BEFORE_THE_END)
        bookmark = min(loop.time() + _BOOKMARKS, last) if "allowWatchBookmarks" in query else math.inf
        while True:
            self._stirred.clear()
            if self._watch.has_news:
                delivery = deliveries.of_line(self._request)
                await clock.sleep(delivery.lag)
                if delivery.cut or self._is_cut:
                    raise NoAnswer(f"WATCH {self._request.path}: cut off")
                yield to_wire(self._watch.line())
                if self._watch.over:
                    return
                continue
            if self._is_cut:
                raise NoAnswer(f"WATCH {self._request.path}: cut off")
            if loop.time() >= end:
                return
            if loop.time() >= bookmark:
                bookmark = min(loop.time() + _BOOKMARKS, last) if loop.time() < last else math.inf
                yield self._watch.bookmark()
                continue
            await self._stir_until(min(end, bookmark))

    async def _stir_until(self, moment: float) -> None:
        try:
            async with asyncio.timeout_at(moment):
                await self._stirred.wait()
        except TimeoutError:
            return
