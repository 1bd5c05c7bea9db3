"""List and watch one collection: report every object, then every change, as long as the operator runs.

A lost connection loses no event: the watch continues from the last resourceVersion seen, which bookmarks keep fresh. If
the API server no longer has that version (410), the reflector lists all objects again. The caller then decides about
objects that the listing no longer contains (`on_listed`). Only cancellation ends a reflector.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Final, NoReturn, TypeAlias

from queuedjob.kube.client import wire
from queuedjob.kube.client.decoding import Garbled, ListPage, WatchEvent, read_event, read_page
from queuedjob.kube.client.paging import PageSize
from queuedjob.ports import AnswerTooLarge, Body, Clock, NoAnswer, Random, Request, Transport
from queuedjob.runtime.loop_turns import OBJECTS, in_turns
from queuedjob.runtime.pacing import backoff

OnEvent: TypeAlias = Callable[[str | None, Body], None]
"""Takes (ADDED, MODIFIED or DELETED, or None for a listed object; the object). It may get the same object twice."""

OnListed: TypeAlias = Callable[[set[str], int], None]
"""Takes the UIDs of a whole listing and its resourceVersion."""

OnTrouble: TypeAlias = Callable[[str, Exception], None]
"""Takes what failed ("list", "watch", or "object": a callback raised) and the error. The reflector has handled it."""

_SILENCE: Final = 70.0
"""Seconds without a line after which a stream is dead. Bookmarks come about every 60 s (apiserver, storage/cacher)."""

_WATCH_SECONDS: Final = (300, 600)
"""How long one WATCH may last, in seconds: client-go's range. Each WATCH gets a new random value, so that not all
watches end at the same time."""

_STEADY: Final = 5.0
"""Seconds that a watch must stay open to count as a success. A watch that closes at once is a failure, even without an
error."""

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0
"""Shortest and longest pause between rounds, in seconds. After the first failure in a row there is no pause."""

_LIST_GAP: Final = 1.0
"""Shortest time between the starts of two listings, in seconds."""

_LIST_TIMEOUT: Final = 60.0
_OPEN_TIMEOUT: Final = 15.0
"""Seconds for one page, and for the headers of a watch."""

_REFUSALS: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})

_PATIENCE: Final = 3
"""After this many 5xx errors in a row, the reflector lists all objects again: the resourceVersion may be the cause."""


class Rejected(Exception):  # noqa: N818 - named after what the API server did
    """The API server answered a LIST or WATCH with an error: as the answer, or as an ERROR event.

    `status` is the HTTP status.
    """

    def __init__(self, status: int, message: str, retry_after: float = 0.0) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.retry_after = retry_after


_Error: TypeAlias = NoAnswer | Garbled | Rejected


class Reflector:
    """Lists and watches the objects of the collection at `path` that match the label selector `selector`."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        random: Random,
        path: str,
        *,
        on_event: OnEvent,
        on_listed: OnListed,
        on_trouble: OnTrouble,
        selector: str = "",
        page: int = 500,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._random = random
        self._path = path
        self._selector = selector
        self._size = PageSize(page)
        self._on_event = on_event
        self._on_listed = on_listed
        self._on_trouble = on_trouble
        self._resource_version = ""  # start of the next watch; empty: list first
        self._listed = -float("inf")  # when the last whole listing began
        self._asked = -float("inf")  # when a listing was last asked for
        self._failures = 0
        self._rejections = 0
        self._opened: float | None = None  # when this round's watch was answered
        self._waiting: asyncio.Timeout | None = None
        self.refused = ""
        """Why the API server does not let us list or watch (403, 404); empty if it does."""
        self.heard_at = -float("inf")
        """The monotonic time at which the last page or line arrived."""

    @property
    def ready(self) -> bool:
        """Whether a whole listing has arrived."""
        return self._listed > -float("inf")

    def listed_since(self, moment: float) -> bool:
        """Whether a whole listing has arrived that began at this monotonic time or later."""
        return self._listed >= moment

    def relist(self) -> None:
        """Ask for a listing that begins after this call. Another call before it begins asks for no second one."""
        self._asked = self._clock.monotonic()
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(0)  # wakes the watch

    async def run(self) -> NoReturn:
        """List and watch until cancelled."""
        while True:
            error = await self._round()
            if pause := self._pause_after(error):
                await self._clock.sleep(pause)

    async def _round(self) -> _Error | None:
        """List if necessary, then watch until the stream ends. Return the error; None if there was none."""
        self._opened = None
        doing = "list"
        try:
            if self._must_list():
                await self._list()
            if not self._must_list():
                doing = "watch"
                await self._watch()
        except (NoAnswer, Garbled, Rejected) as error:
            self._on_trouble(doing, error)
            self.refused = str(error) if isinstance(error, Rejected) and error.status in _REFUSALS else ""
            return error
        return None

    def _pause_after(self, error: _Error | None) -> float:
        """Seconds to wait before the next round."""
        steady = self._opened is not None and self._clock.monotonic() - self._opened >= _STEADY
        if steady:
            self._failures = self._rejections = 0
        if error is not None or not (steady or self._must_list()):
            self._failures += 1
        asked = 0.0
        if isinstance(error, Rejected):
            self._doubt_resource_version(error)
            asked = error.retry_after
        spread = self._random.spread()
        return max(asked, backoff(self._failures - 1, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE, spread=spread))

    def _doubt_resource_version(self, error: Rejected) -> None:
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            return
        self._rejections += 1
        if error.status < HTTPStatus.INTERNAL_SERVER_ERROR or self._rejections >= _PATIENCE:
            self._resource_version = ""

    def _must_list(self) -> bool:
        return not self._resource_version or self._asked > self._listed

    async def _list(self) -> None:
        self._resource_version = ""
        if (early := self._listed + _LIST_GAP - self._clock.monotonic()) > 0:
            await self._clock.sleep(early)
        began = self._clock.monotonic()
        uids: set[str] = set()
        token = ""
        while True:
            page = await self._read_page(token)
            self.heard_at = self._clock.monotonic()
            uids.update(map(wire.uid_of, page.items))
            async for body in in_turns(page.items, OBJECTS):
                self._deliver(None, body)
            if not page.token:
                break
            token = page.token
        version = wire.version_number(page.resource_version)
        self._listed, self._resource_version, self._rejections = began, page.resource_version, 0
        self.refused = ""
        self._guard(lambda: self._on_listed(uids, version))

    async def _read_page(self, token: str) -> ListPage:
        while True:
            query = wire.list_query(limit=self._size.limit, token=token, selector=self._selector)
            request = Request("GET", self._path, query=query, timeout=_LIST_TIMEOUT, largest=self._size.allowed_bytes)
            try:
                answer = await self._transport.send(request)
            except AnswerTooLarge:
                self._size.too_large()
                continue
            if answer.status != HTTPStatus.OK:
                raise _rejected(answer.status, answer.body, answer.headers)
            if self._size.fits(answer.body):
                return await read_page(answer.body)

    async def _watch(self) -> None:
        shortest, longest = _WATCH_SECONDS
        seconds = round((shortest + longest + (longest - shortest) * self._random.spread()) / 2)
        query = wire.watch_query(resource_version=self._resource_version, seconds=seconds, selector=self._selector)
        async with self._transport.stream(Request("GET", self._path, query=query, timeout=_OPEN_TIMEOUT)) as stream:
            if stream.status != HTTPStatus.OK:
                raise _rejected(stream.status, await self._next(stream.lines) or b"", stream.headers)
            self._opened = self.heard_at = self._clock.monotonic()
            while not self._must_list() and (line := await self._next(stream.lines)) is not None:
                self.heard_at = self._clock.monotonic()
                self._take(await read_event(line))

    async def _next(self, lines: AsyncIterator[bytes]) -> bytes | None:
        """Return the next line. None at the end of the stream, or if a listing is asked for during the wait."""
        try:
            async with asyncio.timeout(_SILENCE) as self._waiting:
                return await anext(lines, None)
        except TimeoutError:
            if self._must_list():
                return None
            raise NoAnswer(f"WATCH {self._path}: not a line in {_SILENCE:.0f} s") from None
        finally:
            self._waiting = None

    def _take(self, event: WatchEvent) -> None:
        match event.type:
            case wire.ERROR:
                status = wire.read_status(event.object)
                raise Rejected(status.code if status else 0, status.message if status else str(event.object))
            case wire.ADDED | wire.MODIFIED | wire.DELETED:
                self._deliver(event.type, event.object)
        self._resource_version = wire.resource_version_of(event.object)

    def _deliver(self, kind: str | None, body: Body) -> None:
        self._guard(lambda: self._on_event(kind, body))

    def _guard(self, callback: Callable[[], None]) -> None:
        """Call `callback` and report its error: one object that makes it fail must not block the other objects."""
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - the callback's error, and reported
            self._on_trouble("object", error)


def _rejected(status: int, body: bytes, headers: Mapping[str, str]) -> Rejected:
    return Rejected(status, wire.words_of(body), wire.retry_after(headers) or 0.0)
