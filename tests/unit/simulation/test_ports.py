import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from queuedjob.ports import Lines, Request, Response
from tests.simulation.ports import Dead, Machine, MortalClock, MortalTransport, Pulse

GET = Request("GET", "/x")


class Answering:
    def __init__(self) -> None:
        self.asked = 0

    async def send(self, _request: Request) -> Response:
        self.asked += 1
        return Response(200, {}, b"")

    @asynccontextmanager
    async def stream(self, _request: Request) -> AsyncIterator[Lines]:
        self.asked += 1
        yield Lines(200, {}, self._lines())

    async def _lines(self) -> AsyncIterator[bytes]:
        yield b"1"
        yield b"2"


async def test_nothing_leaves_a_dead_process() -> None:
    server, pulse = Answering(), Pulse(alive=False)
    transport = MortalTransport(server, pulse, lambda _request, _response: None)
    with pytest.raises(Dead):
        await transport.send(GET)
    with pytest.raises(Dead):
        async with transport.stream(GET):
            pass
    with pytest.raises(Dead):
        await MortalClock(pulse, Machine(), asyncio.get_running_loop()).sleep(1)
    assert server.asked == 0


async def test_a_process_that_dies_after_it_asked_never_hears_the_answer() -> None:
    server, pulse = Answering(), Pulse()

    def dies(_request: Request, response: Response | None) -> None:
        pulse.alive = response is None

    with pytest.raises(Dead):
        await MortalTransport(server, pulse, dies).send(GET)
    assert server.asked == 1


async def test_a_watch_tells_the_dead_nothing() -> None:
    pulse = Pulse()
    heard = list[bytes]()
    async with MortalTransport(Answering(), pulse, lambda _request, _response: None).stream(GET) as stream:
        heard.append(await anext(stream.lines))
        pulse.alive = False
        with pytest.raises(Dead):
            await anext(stream.lines)
    assert heard == [b"1"]


def test_dead_is_no_exception_that_the_operator_could_mend() -> None:
    assert not issubclass(Dead, Exception)
