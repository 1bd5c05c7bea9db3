"""The Transport port over a simulated API server: requests and answers take time, and both may be lost."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from http import HTTPStatus

from queuedjob.kube.client.errors import NotSent
from queuedjob.ports import AnswerTooLarge, Clock, Lines, NoAnswer, Request, Response
from tests.simulation.apiserver.instead import NOT_CARRIED_OUT, not_carried_out, timed_out
from tests.simulation.apiserver.request_faults import Deliveries, Delivery, Fault, Undisturbed, longest_journey
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.streams import Stream


class SimulatedTransport:
    """One client's connection to the API server. `clock` is the clock of this client; `deliveries` decides what
    goes wrong.

    `margin`: seconds that the network may hold a request back, beyond the time in which the server must carry it out.
    """

    def __init__(
        self, server: ApiServer, clock: Clock, deliveries: Deliveries | None = None, *, margin: float = 0.0
    ) -> None:
        self._server = server
        self._margin = margin
        self._clock = clock
        self._deliveries = deliveries or Undisturbed()
        self._under_way: set[asyncio.Task[Response]] = set()
        self._streams: list[Stream] = []

    async def send(self, request: Request) -> Response:
        """Send one request and return the whole answer. Raises NoAnswer, AnswerTooLarge."""
        delivery = self._deliveries.of_request(request)
        if delivery.fault is Fault.UNREACHABLE or delivery.fault is Fault.REQUEST_LOST:
            await self._clock.sleep(min(delivery.outward, request.timeout))
            kind = NotSent if delivery.fault is Fault.UNREACHABLE else NoAnswer
            raise kind(f"{request.method} {request.path}: {delivery.fault.value}")
        if delivery.fault is Fault.ARRIVES_LATE:
            self._put_on_the_wire(self._arrive(request, min(delivery.outward, self._longest(request))))
            await self._clock.sleep(min(delivery.homeward, request.timeout))
            raise NoAnswer(f"{request.method} {request.path}: {delivery.fault.value}")
        answer = await self._answered(request, delivery)
        if delivery.fault is Fault.ANSWER_LOST:
            raise NoAnswer(f"{request.method} {request.path}: {delivery.fault.value}")
        return answer

    async def _answered(self, request: Request, delivery: Delivery) -> Response:
        """The answer of the server within the timeout of the request. Raises NoAnswer, AnswerTooLarge."""
        if delivery.outward + delivery.homeward > request.timeout:
            if delivery.outward <= self._longest(request) and delivery.fault not in NOT_CARRIED_OUT:
                self._put_on_the_wire(self._arrive(request, delivery.outward))
            await self._clock.sleep(request.timeout)
            raise NoAnswer(f"{request.method} {request.path}: no answer in {request.timeout:g} s")
        if delivery.fault in NOT_CARRIED_OUT:
            await self._clock.sleep(delivery.outward)
            answer = self._instead(request, delivery)
            await self._clock.sleep(delivery.homeward)
            return answer
        if delivery.outward and request.method != "GET":  # if the sender dies meanwhile, the request still arrives
            answer = await asyncio.shield(self._put_on_the_wire(self._arrive(request, delivery.outward)))
        else:
            answer = await self._arrive(request, delivery.outward)
        await self._clock.sleep(delivery.homeward)
        if delivery.fault is Fault.FAILED_AFTER:
            return timed_out(self._server.headers())
        if delivery.fault is Fault.GARBLED:
            return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        if request.largest is not None and len(answer.body) > request.largest:
            raise AnswerTooLarge(answer.status, f"{request.method} {request.path}: {len(answer.body)} bytes")
        return answer

    def _longest(self, request: Request) -> float:
        return longest_journey(request) + self._margin

    def _instead(self, request: Request, delivery: Delivery) -> Response:
        """The current answer of a server that does not carry out the request."""
        return not_carried_out(request, delivery.fault, self._server.headers(), delivery.retry_after)

    async def _arrive(self, request: Request, after: float) -> Response:
        await self._clock.sleep(after)
        answer = self._server.handle(request)
        return Response(answer.status, answer.headers, self._server.to_wire(answer.body))

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
        delivery = self._deliveries.of_request(request)
        takes = delivery.outward + delivery.homeward
        await self._clock.sleep(min(takes, request.timeout))
        if takes > request.timeout:
            raise NoAnswer(f"WATCH {request.path}: no answer in {request.timeout:g} s")
        if delivery.fault in NOT_CARRIED_OUT:
            instead = self._instead(request, delivery)
            yield Lines(instead.status, instead.headers, _once(instead.body))
            return
        if delivery.fault is not Fault.NONE:
            raise NoAnswer(f"WATCH {request.path}: {delivery.fault.value}")
        watch = self._server.watch(request)
        if isinstance(watch, Response):
            yield Lines(watch.status, watch.headers, _once(watch.body))
            return
        stream = Stream(self._server.storage, watch, request)
        self._streams.append(stream)
        try:
            lines = stream.lines(self._deliveries, self._clock, self._server.to_wire)
            yield Lines(HTTPStatus.OK, self._server.headers(), lines)
        finally:
            self._streams.remove(stream)
            stream.close()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
