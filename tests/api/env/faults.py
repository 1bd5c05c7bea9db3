"""An operator's ports with faults: at any write, the operator can die, or the request or its answer can be lost."""

import asyncio
import enum
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, TypeAlias

from queuedjob.kube.client.decoding import encode
from queuedjob.kube.client.paths import resource_of
from queuedjob.ports import Clock, Lines, NoAnswer, Request, Response, Transport
from tests.api.env.holds import Holds

_LATENESS: Final = 2.2
"""Seconds by which a write arrives late: within the bound of api_server.SETTINGS, when another operator is at work."""


class Fault(enum.Enum):
    """What happens at one write."""

    DIES_BEFORE = "dies before it is sent"
    DIES_UNANSWERED = "dies after it was applied, its answer lost"
    DIES_ANSWERED = "dies after its answer came"
    REQUEST_LOST = "the request is lost"
    ANSWER_LOST = "it is applied, its answer lost"
    FAILED_BEFORE = "answered 503, not applied"
    FAILED_AFTER = "applied, answered 504"
    DIES_AND_ARRIVES_LATE = "dies when it is sent, and it arrives when another operator is at work"
    ARRIVES_LATE = "given up for lost, and arrives later"


DEATHS: Final = (Fault.DIES_BEFORE, Fault.DIES_UNANSWERED, Fault.DIES_ANSWERED, Fault.DIES_AND_ARRIVES_LATE)
LOSSES: Final = (
    Fault.REQUEST_LOST,
    Fault.ANSWER_LOST,
    Fault.FAILED_BEFORE,
    Fault.FAILED_AFTER,
    Fault.ARRIVES_LATE,
)

Faults: TypeAlias = Mapping[int, Fault] | Mapping[str, Fault]
"""Faults by the number of the write, from 1, or by what the first such write is: POST deadletters.

Events are posted beside the other writes, so the numbers of what follows an Event are not fixed.
"""

NO_FAULTS: Faults = {}


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changes something."""

    method: str
    resource: str

    @classmethod
    def of(cls, request: Request) -> "Write":
        return cls(request.method, resource_of(request.path)[0])

    def __str__(self) -> str:
        return f"{self.method} {self.resource}"


@dataclass(slots=True)
class Lifetime:
    """The lifetime of one operator. When it is over, the ports are dead, whatever of the operator still runs."""

    faults: Faults = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    troubled: list[Write] = field(default_factory=list)
    """Writes that failed without a fault: the API server gave no answer, or a 5xx or 429, because it is too busy."""
    struck: list[int] = field(default_factory=list)
    """Numbers of the writes at which a fault struck."""
    hit: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first fault strikes."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: set[asyncio.Future[Response]] = field(default_factory=set)
    """Requests on the wire: the death of the operator does not stop them."""

    def end(self) -> None:
        """Mark the operator as dead."""
        self.over.set()

    async def landed(self) -> None:
        """Wait until no request of this operator is on the wire any more."""
        while self.under_way:
            await asyncio.wait(self.under_way)

    async def breathe(self) -> None:
        """Return at once if the operator is alive; never return if it is dead."""
        if self.over.is_set():
            await asyncio.get_running_loop().create_future()

    def strikes(self, request: Request) -> Fault | None:
        """Number this write, and return the fault that strikes it."""
        write = Write.of(request)
        self.writes.append(write)
        number = len(self.writes)
        first = self.writes.index(write) == number - 1
        strikes = (fault for key, fault in self.faults.items() if key == number or (first and key == str(write)))
        fault = next(strikes, None)
        if fault is not None:
            self.struck.append(number)
            self.hit.set()
        return fault


class MortalTransport:
    """The Transport of one operator's lifetime."""

    def __init__(self, inner: Transport, lifetime: Lifetime, holds: Holds) -> None:
        self._inner = inner
        self._lifetime = lifetime
        self._holds = holds

    async def send(self, request: Request) -> Response:
        """Send one request and return the whole answer. Raises NoAnswer."""
        await self._lifetime.breathe()
        if request.method == "GET":
            await self._holds.before_read(request)
            answer = await self._inner.send(request)
            await self._lifetime.breathe()
            return answer
        await self._holds.before_write(request)
        await self._lifetime.breathe()
        return await self._write(request, self._lifetime.strikes(request))

    async def _write(self, request: Request, fault: Fault | None) -> Response:
        lifetime = self._lifetime
        match fault:
            case Fault.DIES_BEFORE:
                lifetime.end()
                await lifetime.breathe()
            case Fault.DIES_AND_ARRIVES_LATE:
                lifetime.end()
                self._put_on_the_wire(self._late(request))
                await lifetime.breathe()
            case Fault.ARRIVES_LATE:
                self._put_on_the_wire(self._late(request))
                raise NoAnswer(f"{request.method} {request.path}: delayed")
            case Fault.REQUEST_LOST:
                raise NoAnswer(f"{request.method} {request.path}: lost")
            case Fault.FAILED_BEFORE:
                return _failure(503, "ServiceUnavailable", "not now")
            case _:
                pass
        try:
            answer = await asyncio.shield(self._put_on_the_wire(self._inner.send(request)))
        except NoAnswer:
            lifetime.troubled.append(Write.of(request))
            raise
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            lifetime.troubled.append(Write.of(request))
        if fault is Fault.DIES_UNANSWERED:
            lifetime.end()
        await lifetime.breathe()
        match fault:
            case Fault.ANSWER_LOST:
                raise NoAnswer(f"{request.method} {request.path}: its answer was lost")
            case Fault.FAILED_AFTER:
                return _failure(504, "Timeout", "the request was not completed within the allotted timeout")
            case Fault.DIES_ANSWERED:
                lifetime.end()
            case _:
                pass
        return answer

    async def _late(self, request: Request) -> Response:
        await asyncio.sleep(_LATENESS)
        return await self._inner.send(request)

    def _put_on_the_wire(self, sending: Coroutine[None, None, Response]) -> asyncio.Future[Response]:
        task = asyncio.ensure_future(sending)
        self._lifetime.under_way.add(task)
        task.add_done_callback(self._landed)
        return task

    def _landed(self, task: asyncio.Future[Response]) -> None:
        self._lifetime.under_way.discard(task)
        if not task.cancelled():
            task.exception()  # marks the exception as retrieved: a dead operator does not retrieve it

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        """Send one request and read its answer line by line."""
        await self._lifetime.breathe()
        async with self._inner.stream(request) as stream:
            await self._lifetime.breathe()
            yield Lines(stream.status, stream.headers, self._lines(request, stream.lines))

    async def _lines(self, request: Request, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for line in lines:
            await self._holds.before_line(request)
            await self._lifetime.breathe()
            yield line


class MortalClock:
    """The Clock of one operator's lifetime: after death, `sleep` never returns."""

    def __init__(self, inner: Clock, lifetime: Lifetime) -> None:
        self._inner = inner
        self._lifetime = lifetime

    def monotonic(self) -> float:
        return self._inner.monotonic()

    def wall(self) -> float:
        return self._inner.wall()

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
        await self._lifetime.breathe()


class Unmoved:
    """A Random that is always 0: jitter changes nothing."""

    def spread(self) -> float:
        return 0.0


def _failure(code: int, reason: str, message: str) -> Response:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    return Response(code, {}, encode({**status, "message": message}))
