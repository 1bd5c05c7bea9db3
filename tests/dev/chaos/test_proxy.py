import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from dev.chaos.proxy import Proxy, Weather
from tests.until import until

ANSWER = b"0123456789"
WITHIN = 10.0


@asynccontextmanager
async def proxy() -> AsyncIterator[tuple[Proxy, int, list[bytes]]]:
    """Yield a proxy before a server that answers each piece with ten bytes and keeps what it received."""
    heard: list[bytes] = []

    async def serve(reads: asyncio.StreamReader, writes: asyncio.StreamWriter) -> None:
        while piece := await reads.read(1024):
            heard.append(piece)
            writes.write(ANSWER)
        writes.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    between = Proxy("127.0.0.1", server.sockets[0].getsockname()[1], lambda: 0.01)
    try:
        yield between, await between.start(), heard
    finally:
        await between.stop()
        server.close()


async def ask(port: int) -> bytes:
    """Return the answer: ten bytes, or fewer when the connection ends before."""
    reads, writes = await asyncio.open_connection("127.0.0.1", port)
    try:
        writes.write(b"?")
        async with asyncio.timeout(WITHIN):
            try:
                return await reads.readexactly(len(ANSWER))
            except asyncio.IncompleteReadError as cut:
                return cut.partial
    finally:
        writes.close()


@pytest.mark.parametrize("weather", [Weather.CALM, Weather.DELAYED])
async def test_bytes_pass_both_ways(weather: Weather) -> None:
    async with proxy() as (between, port, heard):
        between.become(weather)
        assert await ask(port) == ANSWER
        assert heard == [b"?"]


async def test_half_an_answer_arrives_when_answers_are_cut_off() -> None:
    async with proxy() as (between, port, heard):
        between.become(Weather.TRUNCATED)
        assert await ask(port) == ANSWER[:5]
        assert (heard, between.cut_off) == ([b"?"], 1)


async def test_an_answer_is_lost_though_the_request_has_arrived() -> None:
    async with proxy() as (between, port, heard):
        between.become(Weather.MUTE)
        asked = asyncio.create_task(ask(port))
        await until(lambda: between.withheld, "the answer is withheld")
        assert heard == [b"?"]
        between.become(Weather.CALM)
        with pytest.raises(ConnectionResetError):
            await asked
        assert await ask(port) == ANSWER


async def test_connections_are_closed_and_new_ones_too_when_they_are_dropped() -> None:
    async with proxy() as (between, port, _):
        reads, writes = await asyncio.open_connection("127.0.0.1", port)
        writes.write(b"?")
        assert await reads.readexactly(len(ANSWER)) == ANSWER
        between.become(Weather.DROPPED)
        async with asyncio.timeout(WITHIN):
            assert await reads.read() == b""
            with suppress(ConnectionResetError):  # when the request arrived before the connection was closed (tcp(7))
                assert await ask(port) == b""
        writes.close()


async def test_connections_are_reset_and_new_ones_too() -> None:
    async with proxy() as (between, port, _):
        reads, writes = await asyncio.open_connection("127.0.0.1", port)
        writes.write(b"?")
        assert await reads.readexactly(len(ANSWER)) == ANSWER
        between.become(Weather.RESET)
        async with asyncio.timeout(WITHIN):
            with pytest.raises(ConnectionResetError):
                await reads.read()
            with pytest.raises(ConnectionResetError):
                await ask(port)
        writes.close()


async def test_a_server_that_is_down_resets_its_clients() -> None:
    between = Proxy("127.0.0.1", 1, lambda: 0.0)
    port = await between.start()
    with pytest.raises(ConnectionResetError):
        await ask(port)
    await between.stop()
