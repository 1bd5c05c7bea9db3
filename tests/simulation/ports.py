"""The ports of one operator process that can die: after its death, nothing that it does has any effect.

During the cleanup of the dead tasks, every port raises Dead in their `finally` and `except` blocks. Dead is no
Exception, so that no code of the operator takes it for a failure that it could handle.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from queuedjob.ports import Body, Lines, Request, Response, Sink, Transport, WatchSource
from tests.simulation.rng import Rng

T = TypeVar("T")

EPOCH: Final = 1_800_000_000.0
"""The time of the server's clock at simulated second 0, in seconds since 1970."""


class Dead(BaseException):
    """The process is dead."""


@dataclass
class Pulse:
    """Whether a process is alive."""

    alive: bool = True

    def check(self) -> None:
        """Raise Dead if the process is dead."""
        if not self.alive:
            raise Dead


@dataclass
class Machine:
    """The machine of the operators: its wall clock may be wrong, and may be set."""

    skew: float = 0.0
    """Seconds by which its wall clock is ahead of the API server's clock."""
    ahead: float = 0.0
    """Seconds by which its monotonic clock is ahead of the loop's. It began at another time than other machines'."""


class MortalClock:
    """The Clock port of a process on a machine."""

    def __init__(self, pulse: Pulse, machine: Machine, loop: asyncio.AbstractEventLoop) -> None:
        self._pulse = pulse
        self._machine = machine
        self._loop = loop

    def monotonic(self) -> float:
        return self._loop.time() + self._machine.ahead

    def wall(self) -> float:
        return EPOCH + self._loop.time() + self._machine.skew

    async def sleep(self, seconds: float) -> None:
        self._pulse.check()
        await asyncio.sleep(seconds)
        self._pulse.check()


class NetworkClock:
    """The clock of the network between the processes: it never dies and is never wrong."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def monotonic(self) -> float:
        return self._loop.time()

    def wall(self) -> float:
        return EPOCH + self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class RngChooser:
    """Makes the choices of the simulated source: at random, but the first option once the troubles are over."""

    def __init__(self, rng: Rng, calm: Callable[[], bool]) -> None:
        self._rng = rng
        self._calm = calm

    def pick(self, _what: str, options: Sequence[T]) -> T:
        return options[0] if self._calm() else self._rng.one_of(options)


class RngRandom:
    """The Random port."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng

    def spread(self) -> float:
        return self._rng.between(-1.0, 1.0)


Listener = Callable[[Request, Response | None], None]
"""Called with a request before it is sent (response None), and again with its response before the operator sees the
response. It may kill the operator."""


class MortalTransport:
    """The Transport port of a process."""

    def __init__(self, inner: Transport, pulse: Pulse, listener: Listener) -> None:
        self._inner = inner
        self._pulse = pulse
        self._listener = listener

    async def send(self, request: Request) -> Response:
        self._pulse.check()
        self._listener(request, None)
        self._pulse.check()
        response = await self._inner.send(request)
        self._pulse.check()
        self._listener(request, response)
        self._pulse.check()
        return response

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        self._pulse.check()
        async with self._inner.stream(request) as lines:
            self._pulse.check()
            yield Lines(lines.status, lines.headers, self._lines(lines.lines))

    async def _lines(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for line in lines:
            self._pulse.check()
            yield line


class MortalSource:
    """The WatchSource port of a process."""

    def __init__(self, inner: WatchSource, pulse: Pulse) -> None:
        self._inner = inner
        self._pulse = pulse

    async def run(self, sink: Sink) -> None:
        def heard(plural: str, event: str | None, body: Body) -> None:
            self._pulse.check()
            sink(plural, event, body)

        self._pulse.check()
        await self._inner.run(heard)
