"""The Transport port over a simulated API server: requests and answers take time, and both may be lost."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from http import HTTPStatus

from queuedjob.kube.client.errors import NotSent
from queuedjob.ports import Clock, Lines, NoAnswer, Request, Response
from tests.simulation.apiserver.instead import NOT_CARRIED_OUT, not_carried_out, timed_out
from tests.simulation.apiserver.request_faults import Fate, Fates, Fault, Undisturbed, longest_journey
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.streams import Stream


class SimulatedTransport:
    """One client's connection to the API server. `clock` is the clock of this client; `fates` decides what goes wrong.

    `margin`: seconds that the network may hold a request back, beyond the time in which the server must carry it out.
    """

    def __init__(self, server: ApiServer, clock: Clock, fates: Fates | None = None, *, margin: float = 0.0) -> None:
        self._server = server
        self._margin = margin
        self._clock = clock
        self._fates = fates or Undisturbed()
        self._under_way: set[asyncio.Task[Response]] = set()
        self._streams: list[Stream] = []

    async def send(self, request: Request) -> Response:
        """Send one request and return the whole answer. Raises NoAnswer."""
        fate = self._fates.of_request(request)
        if fate.fault is Fault.UNREACHABLE or fate.fault is Fault.REQUEST_LOST:
            await self._clock.sleep(min(fate.outward, request.timeout))
            kind = NotSent if fate.fault is Fault.UNREACHABLE else NoAnswer
            raise kind(f"{request.method} {request.path}: {fate.fault.value}")
        if fate.fault is Fault.ARRIVES_LATE:
            self._put_on_the_wire(self._arrive(request, min(fate.outward, self._longest(request))))
            await self._clock.sleep(min(fate.homeward, request.timeout))
            raise NoAnswer(f"{request.method} {request.path}: {fate.fault.value}")
        answer = await self._answered(request, fate)
        if fate.fault is Fault.ANSWER_LOST:
            raise NoAnswer(f"{request.method} {request.path}: {fate.fault.value}")
        return answer

    async def _answered(self, request: Request, fate: Fate) -> Response:
        """The answer of the server within the timeout of the request. Raises NoAnswer."""
        if fate.outward + fate.homeward > request.timeout:
            if fate.outward <= self._longest(request) and fate.fault not in NOT_CARRIED_OUT:
                self._put_on_the_wire(self._arrive(request, fate.outward))
            await self._clock.sleep(request.timeout)
            raise NoAnswer(f"{request.method} {request.path}: no answer in {request.timeout:g} s")
        if fate.fault in NOT_CARRIED_OUT:
            await self._clock.sleep(fate.outward)
            answer = self._instead(request, fate)
            await self._clock.sleep(fate.homeward)
            return answer
        if fate.outward and request.method != "GET":  # if the sender dies meanwhile, the request still arrives
            answer = await asyncio.shield(self._put_on_the_wire(self._arrive(request, fate.outward)))
        else:
            answer = await self._arrive(request, fate.outward)
        await self._clock.sleep(fate.homeward)
        if fate.fault is Fault.FAILED_AFTER:
            return timed_out(self._server.headers())
        if fate.fault is Fault.GARBLED:
            return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return answer

    def _longest(self, request: Request) -> float:
        return longest_journey(request) + self._margin

    def _instead(self, request: Request, fate: Fate) -> Response:
        """The current answer of a server that does not carry out the request."""
        return not_carried_out(request, fate.fault, self._server.headers(), fate.retry_after)

    async def _arrive(self, request: Request, after: float) -> Response:
        await self._clock.sleep(after)
        return self._server.handle(request)

    def _put_on_the_wire(self, journey: Coroutine[None, None, Response]) -> asyncio.Task[Response]:
        """Start the journey of a request in an empty context: it does not end with its sender, and has no owner."""
        task = asyncio.get_running_loop().create_task(journey, context=Context())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    # --- watches

    def cut(self) -> None:
        """Break all open watches."""
        for stream in self._streams:
            stream.cut()

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        """Send one request and read its answer line by line. Raises NoAnswer."""
        fate = self._fates.of_request(request)
        takes = fate.outward + fate.homeward
        await self._clock.sleep(min(takes, request.timeout))
        if takes > request.timeout:
            raise NoAnswer(f"WATCH {request.path}: no answer in {request.timeout:g} s")
        if fate.fault in NOT_CARRIED_OUT:
            instead = self._instead(request, fate)
            yield Lines(instead.status, instead.headers, _once(instead.body))
            return
        if fate.fault is not Fault.NONE:
            raise NoAnswer(f"WATCH {request.path}: {fate.fault.value}")
        watch = self._server.watch(request)
        if isinstance(watch, Response):
            yield Lines(watch.status, watch.headers, _once(watch.body))
            return
        stream = Stream(self._server.storage, watch, request)
        self._streams.append(stream)
        try:
            yield Lines(HTTPStatus.OK, self._server.headers(), stream.lines(self._fates, self._clock))
        finally:
            self._streams.remove(stream)
            stream.close()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
