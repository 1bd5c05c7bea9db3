import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from kubernetes.client import Configuration
from kubernetes.config import ConfigException

from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig, from_service_account
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.ports import Request
from tests.unit.kube.client.https_server import Asked, Behaviour, HttpsServer, https_server, say
from tests.unit.kube.client.set_clock import SetClock
from tests.until import until


class Tokens:
    """Loads a configuration with the token that the test sets."""

    def __init__(self, token: str | Exception | None) -> None:
        self.token = token
        self.host = "https://127.0.0.1:6443/prefix/"
        self.loads = 0
        self.before_load: Callable[[], object] = list

    def __call__(self) -> Configuration:
        self.loads += 1
        self.before_load()
        if isinstance(self.token, Exception):
            raise self.token
        configuration = Configuration(host=self.host)
        if self.token:
            configuration.api_key["BearerToken"] = self.token
        return configuration


def connection_with(tokens: Tokens) -> tuple[Connection, SetClock, list[str]]:
    clock, reports = SetClock(), list[str]()
    return Connection(tokens, clock, reports.append), clock, reports


def test_a_server_url_may_have_a_path() -> None:
    connection, *_ = connection_with(Tokens("Bearer a"))
    assert connection.server == "https://127.0.0.1:6443/prefix"


async def test_a_token_is_read_again_once_a_minute() -> None:
    tokens = Tokens("Bearer a\n")
    connection, clock, _ = connection_with(tokens)
    clock.now += 59
    tokens.token = "Bearer b"
    assert await connection.authorization() == "Bearer a"
    clock.now += 1
    first, *others = await asyncio.gather(*(connection.authorization() for _ in range(5)))
    assert first == "Bearer b"
    assert set(others) == {"Bearer a"}, "nobody else waits for a slow disk"
    assert await connection.authorization() == "Bearer b"
    assert tokens.loads == 2


async def test_a_refused_token_is_read_again_at_once_but_once_a_second() -> None:
    tokens = Tokens("Bearer a")
    connection, clock, _ = connection_with(tokens)
    clock.now += 1
    tokens.token = "Bearer b"
    connection.refused()
    assert await connection.authorization() == "Bearer b"
    connection.refused()
    await connection.authorization()
    assert tokens.loads == 2


@pytest.mark.parametrize("broken", [OSError("no such file"), ConfigException("half a file"), KeyError("users"), None])
async def test_old_credentials_are_kept_when_no_new_ones_can_be_read(broken: Exception | None) -> None:
    tokens = Tokens("Bearer a")
    connection, clock, reports = connection_with(tokens)
    tokens.token = broken
    clock.now += 60
    assert await connection.authorization() == "Bearer a"
    (report,) = reports
    assert report.startswith("cannot read the credentials again, the old ones are used: ")


async def test_credentials_that_cannot_be_read_are_reported_once_and_so_is_their_return() -> None:
    tokens = Tokens("Bearer a")
    connection, clock, reports = connection_with(tokens)
    tokens.token = OSError("no such file")
    for _ in range(3):
        clock.now += 60
        await connection.refresh()
    tokens.token = "Bearer b"
    clock.now += 5
    assert await connection.authorization() == "Bearer b"
    assert tokens.loads == 5, "after a failure they are read again soon"
    assert len(reports) == 2
    assert reports[1] == "the credentials can be read again"


async def test_a_token_for_another_server_is_not_sent_to_this_one() -> None:
    tokens = Tokens("Bearer a")
    connection, clock, reports = connection_with(tokens)
    tokens.token, tokens.host = "Bearer of-another-context", "https://127.0.0.2:6443"
    clock.now += 60
    assert await connection.authorization() == "Bearer a"
    assert "they are for another server, https://127.0.0.2:6443: restart the operator to use it" in reports[0]


async def test_a_reading_that_hangs_holds_one_thread_and_no_other_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queuedjob.kube.client.connection._PATIENCE", 0.01)
    tokens, hangs = Tokens("Bearer a"), threading.Event()
    connection, clock, reports = connection_with(tokens)
    tokens.before_load = hangs.wait
    try:
        async with asyncio.timeout(20):
            for _ in range(3):
                clock.now += 60
                assert await connection.authorization() == "Bearer a"
        assert tokens.loads == 2, "there is no second reading beside the one that hangs"
        assert reports == ["the credentials are still being read: does a command of the kubeconfig hang?"]
        tokens.token = "Bearer b"
    finally:
        hangs.set()
    await until(lambda: len(reports) == 2, "the reading ends")
    assert await connection.authorization() == "Bearer b"


def test_a_bad_configuration_raises_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigException):
        Connection(from_kubeconfig(str(tmp_path / "nowhere")), SetClock(), print)
    with pytest.raises(ConfigException):
        Connection(from_service_account, SetClock(), print)


async def test_a_token_file_is_read_again_after_a_401(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")

    async def knows_new(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        return await say(writer, status=200 if asked.headers["authorization"] == "Bearer new" else 401)

    async with https_server(tmp_path, knows_new) as server:
        clock = SetClock()
        load = from_kubeconfig(server.kubeconfig(tmp_path, tokenFile=str(token)))
        async with AiohttpTransport(Connection(load, clock, print)) as transport:
            token.write_text("new\n")
            clock.now += 5
            assert (await transport.send(Request("GET", "/x"))).status == 401
            assert (await transport.send(Request("GET", "/x"))).status == 200


@asynccontextmanager
async def transport_to_localhost(
    folder: Path, behaviour: Behaviour
) -> AsyncIterator[tuple[AiohttpTransport, HttpsServer]]:
    """A transport to a host whose certificate has a name other than the host's name."""
    async with https_server(folder, behaviour) as server:
        load = from_kubeconfig(server.kubeconfig(folder, token="t"))

        def renamed() -> Configuration:
            configuration = load()
            configuration.host = configuration.host.replace("127.0.0.1", "localhost")
            configuration.tls_server_name = "127.0.0.1"
            return configuration

        async with AiohttpTransport(Connection(renamed, SetClock(), print)) as transport:
            yield transport, server


async def a_cookie(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
    return await say(writer, Set_Cookie="a=b")


async def test_a_certificate_may_name_the_tls_server_name_in_place_of_the_host(tmp_path: Path) -> None:
    async with transport_to_localhost(tmp_path, a_cookie) as (transport, _):
        assert (await transport.send(Request("GET", "/x"))).status == 200


async def test_cookies_are_not_kept(tmp_path: Path) -> None:
    async with transport_to_localhost(tmp_path, a_cookie) as (transport, server):
        await transport.send(Request("GET", "/x"))
        await transport.send(Request("GET", "/x"))
    assert ["cookie" in asked.headers for asked in server.asked] == [False, False]
