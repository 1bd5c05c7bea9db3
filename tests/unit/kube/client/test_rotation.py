"""Certificates that are replaced while the operator runs, before servers that accept only the new ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trustme

from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.ports import NoAnswer, Request
from tests.unit.kube.client.https_server import Asked, HttpsServer, https_server, say
from tests.unit.kube.client.set_clock import SetClock

GET = Request("GET", "/x")


async def ok(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
    return await say(writer)


def certify(folder: Path, authority: trustme.CA, name: str, *, with_key: bool = True) -> None:
    """Replace the operator's client certificate, and its key, by one for `name`."""
    leaf = authority.issue_cert(name)
    leaf.cert_chain_pems[0].write_to_path(str(folder / "client.pem"))
    if with_key:
        leaf.private_key_pem.write_to_path(str(folder / "client.key"))


class Rotated:
    """A transport with a client certificate, its clock, and what its connection has reported."""

    def __init__(self, server: HttpsServer, folder: Path) -> None:
        self.folder = folder
        certify(folder, server.client_ca, "old")
        files = {"client-certificate": str(folder / "client.pem"), "client-key": str(folder / "client.key")}
        self.clock = SetClock()
        self.reports: list[str] = []
        load = from_kubeconfig(server.kubeconfig(folder, **files))
        self.transport = AiohttpTransport(Connection(load, self.clock, self.reports.append))

    async def succeeds(self) -> None:
        assert (await self.transport.send(GET)).status == 200

    async def fails(self) -> None:
        with pytest.raises(NoAnswer):
            await self.transport.send(GET)


@asynccontextmanager
async def rotated(server: HttpsServer, folder: Path) -> AsyncIterator[Rotated]:
    it = Rotated(server, folder)
    async with it.transport:
        yield it


def peers(server: HttpsServer) -> list[str]:
    return [asked.headers["peer"] for asked in server.asked]


async def test_a_server_with_a_new_authority_is_trusted_once_the_files_are_replaced(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "new").mkdir()
    async with AsyncExitStack() as open_for_long:
        async with https_server(tmp_path, ok) as old:
            it = await open_for_long.enter_async_context(rotated(old, tmp_path))
            await it.succeeds()
        async with https_server(elsewhere, ok, port=old.port) as new:
            await it.fails()
            (tmp_path / "ca.pem").write_bytes(new.ca_file.read_bytes())
            certify(tmp_path, new.client_ca, "new")
            it.clock.now += 1
            await it.succeeds()
    assert (peers(old), peers(new)) == (["old"], ["new"])


async def test_a_client_certificate_that_the_server_refuses_is_read_again(tmp_path: Path) -> None:
    authority = trustme.CA()
    async with https_server(tmp_path, ok, clients=authority) as server, rotated(server, tmp_path) as it:
        certify(tmp_path, trustme.CA(), "stranger")
        it.clock.now += 60
        await it.fails()
        certify(tmp_path, authority, "new")
        it.clock.now += 1
        await it.succeeds()
    assert peers(server) == ["new"]


async def test_a_new_client_certificate_is_used_within_a_minute_and_the_old_connection_no_more(tmp_path: Path) -> None:
    async with https_server(tmp_path, ok) as server, rotated(server, tmp_path) as it:
        for _ in range(2):
            await it.succeeds()
        assert server.connections == 1
        certify(tmp_path, server.client_ca, "new")
        it.clock.now += 60
        for _ in range(2):
            await it.succeeds()
        async with it.transport.stream(GET) as answer:
            assert answer.status == 200
    assert peers(server) == ["old", "old", "new", "new", "new"]
    assert server.connections == 2
    assert it.reports == []


async def test_files_that_are_touched_but_not_changed_cost_no_connection(tmp_path: Path) -> None:
    async with https_server(tmp_path, ok) as server, rotated(server, tmp_path) as it:
        await it.succeeds()
        for file in (tmp_path / "ca.pem", tmp_path / "client.pem", tmp_path / "client.key"):
            file.write_bytes(file.read_bytes())
        it.clock.now += 60
        await it.succeeds()
    assert server.connections == 1


async def test_a_certificate_without_its_key_is_not_used_before_the_key_is_there(tmp_path: Path) -> None:
    async with https_server(tmp_path, ok) as server, rotated(server, tmp_path) as it:
        certify(tmp_path, server.client_ca, "half", with_key=False)
        it.clock.now += 60
        await it.succeeds()
        certify(tmp_path, server.client_ca, "whole")
        it.clock.now += 5
        await it.succeeds()
    assert peers(server) == ["old", "whole"]
    assert len(it.reports) == 2


@pytest.mark.parametrize("file", ["ca.pem", "client.pem", "client.key"])
@pytest.mark.parametrize("contents", [None, b"", b"no certificate"])
async def test_a_file_that_is_missing_or_broken_stops_no_request(
    tmp_path: Path, file: str, contents: bytes | None
) -> None:
    async with https_server(tmp_path, ok) as server, rotated(server, tmp_path) as it:
        (tmp_path / file).unlink()
        if contents is not None:
            (tmp_path / file).write_bytes(contents)
        it.clock.now += 60
        await it.succeeds()
    assert peers(server) == ["old"]
    assert len(it.reports) == 1
