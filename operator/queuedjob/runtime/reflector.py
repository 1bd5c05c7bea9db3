"""List and watch of one collection: what is there, then every change, for ever.

Pods come this way and not through kopf, which costs several times the CPU for each event (docs/decisions/003).
"""

import asyncio
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Final

from queuedjob.api import wire
from queuedjob.ports import Body, Clock, NoAnswer, Random, Request, Transport

_PAGE: Final = 500
_LIST_TIMEOUT: Final = 60.0
_WATCH_SECONDS: Final = 300
"""A watch's length; its end is ordinary, and spreads reconnections."""
_SILENCE: Final = 70.0
"""Seconds without a line after which a watch counts as dead: bookmarks come about every 60."""
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0


class ListExpired(Exception):  # noqa: N818 - a fact
    """What was known is too old (410), or the watch brought an error: only a new LIST helps."""


class Reflector:
    """Keeps its listeners up to date with one collection, selected by label.

    `on_event(type, body)` hears of every object listed (type None) and every change; `on_listed(uids, resourceVersion)`
    of every whole LIST, so that what is missing from it can be looked into; `on_heard()` of every sign of life;
    `on_trouble(words)` of what went wrong, which is mended here.
    """

    def __init__(
        self,
        transport: Transport,
        path: str,
        *,
        selector: str,
        clock: Clock,
        random: Random,
        on_event: Callable[[str | None, Body], None],
        on_listed: Callable[[Collection[str], int], None],
        on_heard: Callable[[], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self._transport = transport
        self._path = path
        self._selector = selector
        self._clock = clock
        self._random = random
        self._on_event = on_event
        self._on_listed = on_listed
        self._on_heard = on_heard
        self._on_trouble = on_trouble
        self._list_begun: float | None = None
        self._pause = 0.0

    def listed_since(self, moment: float) -> bool:
        """Whether a LIST that began at or after `moment` (monotonic) has come in, whole."""
        return self._list_begun is not None and self._list_begun >= moment

    async def run(self) -> None:
        """List and watch until cancelled."""
        version = ""
        while True:
            try:
                version = version or await self.list()
                version = await self._watch(version)
                self._pause = 0.0
            except ListExpired as expired:
                self._on_trouble(str(expired))
                version = ""
                await self._rest()
            except NoAnswer as lost:
                self._on_trouble(str(lost))
                await self._rest()

    async def _rest(self) -> None:
        """Pause, longer with each trouble in a row."""
        self._pause = min(max(_FIRST_PAUSE, 2 * self._pause), _LONGEST_PAUSE)
        await self._clock.sleep(self._pause * (1 + 0.2 * self._random.spread()))

    async def list(self) -> str:
        """LIST everything, beside a watch that may be under way; the resourceVersion of it.

        Raises ListExpired, NoAnswer.
        """
        begun, token = self._clock.monotonic(), ""
        uids: set[str] = set()
        while True:
            query = wire.list_query(limit=_PAGE, token=token, selector=self._selector)
            answer = await self._transport.send(Request("GET", self._path, query=query, timeout=_LIST_TIMEOUT))
            if answer.status != HTTPStatus.OK:
                raise ListExpired(f"LIST {self._path}: {answer.status} {answer.body[:300]!r}")
            try:
                page = wire.read_page(answer.body)
            except wire.Garbled as garbled:
                raise ListExpired(f"LIST {self._path}: {garbled}") from garbled
            for body in page.items:
                uids.add(wire.uid_of(body))
                self._on_event(None, body)
            token = page.token
            if not token:
                break
        self._on_listed(uids, int(page.resource_version))
        self._list_begun = begun
        self._on_heard()
        return page.resource_version

    async def _watch(self, version: str) -> str:
        """Watch from `version` until the stream ends; the version that is known then. Raises ListExpired, NoAnswer."""
        query = wire.watch_query(resource_version=version, seconds=_WATCH_SECONDS, selector=self._selector)
        request = Request("GET", self._path, query=query, timeout=_LIST_TIMEOUT)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_SILENCE) as silence, self._transport.stream(request) as stream:
                if stream.status != HTTPStatus.OK:
                    raise ListExpired(f"WATCH {self._path}: {stream.status}")
                async for line in stream.lines:
                    silence.reschedule(loop.time() + _SILENCE)
                    version = self._take(line)
        except TimeoutError as silent:
            raise NoAnswer(f"WATCH {self._path}: silent for {_SILENCE:.0f} s") from silent
        return version

    def _take(self, line: bytes) -> str:
        """Pass on one event; the version it brings us to."""
        try:
            event = wire.read_event(line)
            if event.type == wire.ERROR:
                raise ListExpired(f"WATCH {self._path}: {event.object.get('message')}")
            version = wire.resource_version_of(event.object)
        except wire.Garbled as garbled:
            raise ListExpired(f"WATCH {self._path}: {garbled}") from garbled
        self._on_heard()
        self._pause = 0.0
        if event.type != wire.BOOKMARK:
            self._on_event(event.type, event.object)
        return version
