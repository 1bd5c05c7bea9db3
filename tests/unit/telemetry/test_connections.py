"""What clients can do to the probes' server, and what they cannot: real connections on a loopback address."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeAlias

import pytest

from queuedjob.telemetry import probes as probes_module
from queuedjob.telemetry.connections import CONNECTIONS
from queuedjob.telemetry.probes import Probes

HERE = "127.0.0.1"
SCRAPER = "127.0.0.1"
KUBELET = "127.0.0.2"
PATIENCE = 10.0
MUCH = b"x" * 50_000_000
"""More than the buffers of a connection hold."""

Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect: TypeAlias = Callable[[str], Awaitable[Connection]]


@pytest.fixture
async def connect(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connect]:
    """Opens a connection from an address to running probes, which close none for being idle."""
    monkeypatch.setattr(probes_module, "IDLE", 3600.0)
    probes = Probes(live=(), ready=(), metrics=lambda _: (MUCH, "text/plain"), host=HERE, port=0)
    await probes.start()
    opened: list[Connection] = []

    async def connection(address: str) -> Connection:
        opened.append(await asyncio.open_connection(HERE, probes.port, local_addr=(address, 0)))
        return opened[-1]

    yield connection
    for _, writer in opened:
        writer.close()
    await probes.stop()


async def ask(connection: Connection, path: str) -> bytes:
    """The status line of the answer; empty if the server closed the connection."""
    reader, writer = connection
    writer.write(f"GET {path} HTTP/1.1\r\nHost: operator\r\n\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            return await reader.readline()
    return b""


async def rest(connection: Connection) -> bytes:
    """All that comes until the server closes the connection, or has closed it."""
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            return await connection[0].read()
    return b""


async def half_a_request(connect: Connect) -> Connection:
    reader, writer = await connect(SCRAPER)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: ")
    return reader, writer


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_probe_is_answered_while_slow_clients_hold_every_connection(connect: Connect, path: str) -> None:
    slow = [await half_a_request(connect) for _ in range(CONNECTIONS)]
    assert b"200 OK" in await ask(await connect(KUBELET), path)
    assert await rest(slow[0]) == b""


async def test_the_client_that_opens_many_connections_closes_its_own(connect: Connect) -> None:
    kubelet = await connect(KUBELET)
    for _ in range(2 * CONNECTIONS):
        await half_a_request(connect)
    assert b"200 OK" in await ask(kubelet, "/livez")


async def test_as_many_connections_as_may_be_open_are_all_served(connect: Connect) -> None:
    opened = [await connect(SCRAPER) for _ in range(CONNECTIONS)]
    assert [b"200 OK" in await ask(each, "/livez") for each in opened] == [True] * CONNECTIONS


async def test_a_client_that_does_not_read_its_answer_gives_way_too(connect: Connect) -> None:
    slow = await connect(SCRAPER)
    assert b"200 OK" in await ask(slow, "/metrics")
    for _ in range(CONNECTIONS):
        assert b"200 OK" in await ask(await connect(SCRAPER), "/livez")
    assert len(await rest(slow)) < len(MUCH)


async def test_half_a_request_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes_module, "IDLE", 0.05)
    probes = Probes(live=(), ready=(), metrics=lambda _: (b"", "text/plain"), host=HERE, port=0)
    await probes.start()
    reader, writer = await asyncio.open_connection(HERE, probes.port)
    writer.write(b"GET /livez HTTP/1.1\r\nHost: ")
    assert await rest((reader, writer)) == b""
    writer.close()
    await probes.stop()


async def test_a_request_with_another_method_is_refused_and_its_body_not_awaited(connect: Connect) -> None:
    connection = await connect(SCRAPER)
    connection[1].write(b"POST /metrics HTTP/1.1\r\nHost: operator\r\nContent-Length: 1000000\r\n\r\nx")
    answer = await rest(connection)
    assert str(HTTPStatus.METHOD_NOT_ALLOWED.value).encode() in answer.splitlines()[0]
