"""The Transport port over a simulated API server: requests travel, answers travel back, and both may go astray."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from queuedjob.kube.errors import NotSent
from queuedjob.ports import Clock, Lines, NoAnswer, Request, Response
from tests.simulation.apiserver.fates import Fate, Fates, Fault, Undisturbed, longest_journey
from tests.simulation.apiserver.refusals import Refusal
from tests.simulation.apiserver.resources import target_of
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.storage import Change
from tests.simulation.apiserver.watches import Watch

_BOOKMARKS: Final = 60.0
"""Seconds between the bookmarks of a watch on which nothing happens (apiserver, storage/cacher)."""

_INSTEAD: Final = {
    Fault.CONFLICTED: (409, "Conflict", "Operation cannot be fulfilled: please try again"),
    Fault.THROTTLED: (429, "TooManyRequests", "the server has received too many requests and has asked us to wait"),
    Fault.BROKEN: (500, "InternalError", "Internal error occurred: etcdserver: leader changed"),
    Fault.FAILED_BEFORE: (503, "ServiceUnavailable", "the server is currently unable to handle the request"),
}
"""Answers of a server that does nothing."""

_TIMED_OUT: Final = Refusal(504, "Timeout", "Timeout: request did not complete within the allotted timeout")


class SimulatedTransport:
    """One client's way to the API server. `clock` lets time pass for this client; `fates` decides what goes wrong."""

    def __init__(self, server: ApiServer, clock: Clock, fates: Fates | None = None) -> None:
        self._server = server
        self._clock = clock
        self._fates = fates or Undisturbed()
        self._under_way: set[asyncio.Task[Response]] = set()
        self._streams: set[_Stream] = set()

    async def send(self, request: Request) -> Response:
        """One request, one whole answer. Raises NoAnswer."""
        fate = self._fates.of_request(request)
        if fate.fault in {Fault.UNREACHABLE, Fault.REQUEST_LOST}:
            await self._clock.sleep(min(fate.outward, request.timeout))
            kind = NotSent if fate.fault is Fault.UNREACHABLE else NoAnswer
            raise kind(f"{request.method} {request.path}: {fate.fault.value}")
        if fate.fault is Fault.ARRIVES_LATE:
            self._put_on_the_wire(self._arrive(request, min(fate.outward, longest_journey(request))))
            await self._clock.sleep(min(fate.homeward, request.timeout))
            raise NoAnswer(f"{request.method} {request.path}: {fate.fault.value}")
        answer = await self._answered(request, fate)
        if fate.fault is Fault.ANSWER_LOST:
            raise NoAnswer(f"{request.method} {request.path}: {fate.fault.value}")
        return answer

    async def _answered(self, request: Request, fate: Fate) -> Response:
        """What the server says, in the time that its sender has."""
        if fate.outward + fate.homeward > request.timeout:
            if fate.outward <= longest_journey(request) and fate.fault not in _INSTEAD:
                self._put_on_the_wire(self._arrive(request, fate.outward))
            await self._clock.sleep(request.timeout)
            raise NoAnswer(f"{request.method} {request.path}: no answer in {request.timeout:g} s")
        if instead := _INSTEAD.get(fate.fault):
            await self._clock.sleep(fate.outward + fate.homeward)
            code, reason, words = instead
            pause = fate.retry_after if fate.fault is Fault.THROTTLED else None
            return self._server.refused(Refusal(code, reason, words, retry_after=pause))
        if fate.outward and request.method != "GET":  # its sender may die meanwhile, and it arrives all the same
            answer = await asyncio.shield(self._put_on_the_wire(self._arrive(request, fate.outward)))
        else:
            answer = await self._arrive(request, fate.outward)
        await self._clock.sleep(fate.homeward)
        if fate.fault is Fault.FAILED_AFTER:
            return self._server.refused(_TIMED_OUT)
        if fate.fault is Fault.GARBLED:
            return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return answer

    async def _arrive(self, request: Request, after: float) -> Response:
        await self._clock.sleep(after)
        return self._server.handle(request)

    def _put_on_the_wire(self, journey: Coroutine[None, None, Response]) -> asyncio.Task[Response]:
        task = asyncio.get_running_loop().create_task(journey)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    @property
    def under_way(self) -> int:
        """Requests that have been sent, and have not arrived."""
        return len(self._under_way)

    # --- watches

    def cut(self) -> None:
        """Break all watches that are open."""
        for stream in self._streams:
            stream.cut()

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        """One request whose answer is read line by line. Raises NoAnswer."""
        fate = self._fates.of_request(request)
        await self._clock.sleep(min(fate.outward + fate.homeward, request.timeout))
        if instead := _INSTEAD.get(fate.fault):
            code, reason, words = instead
            pause = fate.retry_after if fate.fault is Fault.THROTTLED else None
            answer = self._server.refused(Refusal(code, reason, words, retry_after=pause))
            yield Lines(answer.status, answer.headers, _once(answer.body))
            return
        if fate.fault is not Fault.NONE:
            raise NoAnswer(f"WATCH {request.path}: {fate.fault.value}")
        watch = self._server.watch(request)
        if isinstance(watch, Response):
            yield Lines(watch.status, watch.headers, _once(watch.body))
            return
        stream = _Stream(self._server, watch, request)
        self._streams.add(stream)
        try:
            yield Lines(HTTPStatus.OK, self._server.headers(), stream.lines(self._fates, self._clock))
        finally:
            self._streams.discard(stream)
            stream.close()


class _Stream:
    """One WATCH while it lasts."""

    def __init__(self, server: ApiServer, watch: Watch, request: Request) -> None:
        target = target_of(request.path)
        assert target is not None
        self._storage = server.storage
        self._watch = watch
        self._request = request
        self._resource = target.resource
        self._stirred = asyncio.Event()
        self._is_cut = False
        self._storage.listeners.append(self._hear)

    def close(self) -> None:
        self._storage.listeners.remove(self._hear)

    def cut(self) -> None:
        self._is_cut = True
        self._stirred.set()

    def _hear(self, change: Change) -> None:
        if change.resource is self._resource:
            self._stirred.set()

    async def lines(self, fates: Fates, clock: Clock) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        end = loop.time() + float(self._request.query.get("timeoutSeconds", "3600"))
        bookmark = loop.time() + _BOOKMARKS
        while True:
            self._stirred.clear()
            if self._watch.has_news:
                telling = fates.of_line(self._request)
                await clock.sleep(telling.lag)
                if telling.cut or self._is_cut:
                    raise NoAnswer(f"WATCH {self._request.path}: cut off")
                yield self._watch.line()
                if self._watch.over:
                    return
                continue
            if self._is_cut:
                raise NoAnswer(f"WATCH {self._request.path}: cut off")
            if loop.time() >= end:
                return
            if loop.time() >= bookmark:
                bookmark = loop.time() + _BOOKMARKS
                yield self._watch.bookmark()
                continue
            await self._stir_until(min(end, bookmark))

    async def _stir_until(self, moment: float) -> None:
        try:
            async with asyncio.timeout_at(moment):
                await self._stirred.wait()
        except TimeoutError:
            return


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
