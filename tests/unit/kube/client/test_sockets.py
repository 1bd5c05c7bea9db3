"""For how long the kernel sends what nobody acknowledges."""

import socket
import sys
from pathlib import Path

import pytest
from aiohttp import AddrInfoType

from queuedjob import __main__ as program
from queuedjob.kube.client import session
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.kube.client.sockets import open_socket
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.ports import Request
from queuedjob.settings import Settings
from tests.unit.kube.client.https_server import https_server
from tests.unit.kube.client.test_transport import ok
from tests.virtual_loop import VirtualClock

HERE: AddrInfoType = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_USER_TIMEOUT is Linux's")


def timeout_of(opened: socket.socket) -> int:
    """Return the milliseconds after which the kernel gives up."""
    return opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)


@pytest.mark.parametrize(
    ("margin", "milliseconds"),
    [
        pytest.param(5.0, 5_000, id="the default"),
        pytest.param(3.0, 3_000, id="as long as a request may be late"),
        pytest.param(1.25, 1_250, id="a fraction"),
        pytest.param(60.0, 5_000, id="no longer than it has to be"),
        pytest.param(0.0, 1_000, id="never the kernel's own default"),
    ],
)
def test_the_kernel_gives_up_within_the_late_margin(margin: float, milliseconds: int) -> None:
    with open_socket(HERE, unacknowledged=margin) as opened:
        assert timeout_of(opened) == milliseconds


async def test_the_sockets_of_a_transport_are_opened_with_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts: list[int] = []

    def opening(address: AddrInfoType, *, unacknowledged: float) -> socket.socket:
        opened = open_socket(address, unacknowledged=unacknowledged)
        timeouts.append(timeout_of(opened))
        return opened

    monkeypatch.setattr(session, "open_socket", opening)
    async with https_server(tmp_path, ok) as server:
        config = server.kubeconfig(tmp_path, token="secret")
        connection = Connection(from_kubeconfig(config), VirtualClock(), print)
        for made in (AiohttpTransport(connection), AiohttpTransport(connection, unacknowledged=2.0)):
            async with made as transport:
                await transport.send(Request("GET", "/x", timeout=5))
    assert timeouts == [5_000, 2_000]


class Made(Exception):  # noqa: N818 - the program made its transport
    """Ends the program once its transport is made."""


async def test_the_program_bounds_its_sockets_by_the_late_margin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def transport(_connection: Connection, **options: object) -> None:
        given.append(options["unacknowledged"])
        raise Made

    monkeypatch.setattr(program, "AiohttpTransport", transport)
    async with https_server(tmp_path, ok) as server:
        settings = Settings(kubeconfig=server.kubeconfig(tmp_path, token="secret"), late_margin=3.0)
        with pytest.raises(Made):
            await program.run(settings)
    assert given == [3.0]
