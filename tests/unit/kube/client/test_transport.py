import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.kube.client.errors import NotSent, TermOver
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.ports import NoAnswer, Request
from tests.unit.kube.client.https_server import Asked, Behaviour, HttpsServer, chunk, https_server, say, start_chunked
from tests.virtual_loop import VirtualClock

GET = Request("GET", "/api/v1/pods", timeout=5)
WATCH = Request("GET", "/api/v1/pods", query={"watch": "1"}, timeout=5)


@asynccontextmanager
async def transport_to(
    folder: Path, behaviour: Behaviour, *, silence: float = 30, **user: str
) -> AsyncIterator[tuple[AiohttpTransport, HttpsServer]]:
    async with https_server(folder, behaviour) as server:
        config = server.kubeconfig(folder, **(user or {"token": "secret"}))
        connection = Connection(from_kubeconfig(config), VirtualClock(), print)
        async with AiohttpTransport(connection, silence=silence) as transport:
            yield transport, server


async def ok(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
    return await say(writer, b'{"a":1}', 201, Date="Tue, 14 Nov 2023 22:13:20 GMT")


async def never(_asked: Asked, _writer: asyncio.StreamWriter) -> bool:
    await asyncio.Event().wait()
    return False


async def hang_up(_asked: Asked, _writer: asyncio.StreamWriter) -> bool:
    return False


async def test_a_request_goes_out_as_it_is_and_its_answer_comes_back_whole(tmp_path: Path) -> None:
    request = Request(
        "POST", "/x/a b", query={"limit": "5", "selector": "a=b,c"}, headers={"content-type": "t"}, body=b"{}"
    )
    async with transport_to(tmp_path, ok) as (transport, server):
        answer = await transport.send(request)
    assert (answer.status, answer.body) == (201, b'{"a":1}')
    assert answer.headers["date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    (asked,) = server.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/x/a%20b?limit=5&selector=a%3Db%2Cc", b"{}")
    assert (asked.headers["authorization"], asked.headers["content-type"]) == ("Bearer secret", "t")
    assert asked.headers["user-agent"] == "queuedjob"


async def test_of_a_long_answer_only_its_end_is_kept(tmp_path: Path) -> None:
    async def long(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await start_chunked(writer)
        for number in range(100):
            await chunk(writer, f"{number:03}".encode() + b"x" * 9_997)
        await chunk(writer, b"the cause")
        await chunk(writer, b"")
        return True

    async with transport_to(tmp_path, long) as (transport, _):
        answer = await transport.send(Request("GET", "/log", timeout=5, last=10_009))
    assert answer.body == b"099" + b"x" * 9_997 + b"the cause"


async def test_an_answer_that_is_shorter_than_its_end_is_whole(tmp_path: Path) -> None:
    async with transport_to(tmp_path, ok) as (transport, _):
        assert (await transport.send(Request("GET", "/log", timeout=5, last=10))).body == b'{"a":1}'


async def test_a_large_body_goes_out_whole_and_with_its_own_headers(tmp_path: Path) -> None:
    body = b"x" * 3_000_000
    async with transport_to(tmp_path, ok) as (transport, server):
        await transport.send(Request("POST", "/x", headers={"content-type": "t"}, body=body))
    (asked,) = server.asked
    assert asked.body == body
    assert (asked.headers["content-type"], asked.headers["content-length"]) == ("t", "3000000")


async def test_a_connection_is_used_for_several_requests(tmp_path: Path) -> None:
    async with transport_to(tmp_path, ok) as (transport, server):
        for _ in range(3):
            await transport.send(GET)
    assert (len(server.asked), server.connections) == (3, 1)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_request_on_a_broken_connection_is_not_sent_again_by_itself(tmp_path: Path, method: str) -> None:
    async def first_ok_then_hang_up(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        return await say(writer) if asked.target == "/first" else False

    async with transport_to(tmp_path, first_ok_then_hang_up) as (transport, server):
        await transport.send(Request("GET", "/first"))
        with pytest.raises(NoAnswer) as error:
            await transport.send(Request(method, "/second", body=b"{}"))
    assert not isinstance(error.value, NotSent)
    assert [asked.target for asked in server.asked] == ["/first", "/second"]


async def test_a_timeout_counts_as_no_answer(tmp_path: Path) -> None:
    async with transport_to(tmp_path, never) as (transport, _):
        with pytest.raises(NoAnswer, match="GET /api/v1/pods: TimeoutError"):
            await transport.send(Request("GET", "/api/v1/pods", timeout=0.05))


async def test_a_request_whose_term_is_over_is_not_sent(tmp_path: Path) -> None:
    async def ok(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        return await say(writer)

    async with transport_to(tmp_path, ok) as (transport, server):
        looks = iter((True, False))
        for path in ("/first", "/second"):
            sending = transport.send(Request("PUT", path, may_send=lambda: next(looks)))
            if path == "/first":
                await sending
                continue
            with pytest.raises(TermOver, match="PUT /second: the term was over before the first byte"):
                await sending
        await transport.send(GET)
    assert [asked.target for asked in server.asked] == ["/first", GET.path]
    assert next(looks, None) is None, "asked once for each request"


async def test_a_truncated_answer_counts_as_no_answer(tmp_path: Path) -> None:
    async def half(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        return False

    async with transport_to(tmp_path, half) as (transport, _):
        with pytest.raises(NoAnswer):
            await transport.send(GET)


async def test_an_answer_that_is_not_http_counts_as_no_answer(tmp_path: Path) -> None:
    async def babble(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()
        return False

    async with transport_to(tmp_path, babble) as (transport, _):
        with pytest.raises(NoAnswer):
            await transport.send(GET)


async def test_a_refused_connection_means_that_nothing_was_sent(tmp_path: Path) -> None:
    async with https_server(tmp_path, ok) as server:
        config = server.kubeconfig(tmp_path, token="secret")
    async with AiohttpTransport(Connection(from_kubeconfig(config), VirtualClock(), print)) as transport:
        with pytest.raises(NotSent):
            await transport.send(Request("POST", "/x", body=b"{}"))
        with pytest.raises(NotSent):
            async with transport.stream(WATCH):
                raise AssertionError


async def test_a_server_with_an_untrusted_certificate_gets_no_request(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with https_server(other, ok) as stranger, https_server(tmp_path, ok) as server:
        server.port = stranger.port
        connection = Connection(from_kubeconfig(server.kubeconfig(tmp_path, token="secret")), VirtualClock(), print)
        async with AiohttpTransport(connection) as transport:
            with pytest.raises(NotSent, match="certificate verify failed"):
                await transport.send(GET)
    assert stranger.asked == []


async def test_a_client_certificate_identifies_the_operator(tmp_path: Path) -> None:
    async with https_server(tmp_path, ok) as server:
        ours = server.client_ca.issue_cert("operator.example.com")
        ours.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
        ours.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
        user = {"client-certificate": str(tmp_path / "cert.pem"), "client-key": str(tmp_path / "key.pem")}
        connection = Connection(from_kubeconfig(server.kubeconfig(tmp_path, **user)), VirtualClock(), print)
        async with AiohttpTransport(connection) as transport:
            await transport.send(GET)
    (asked,) = server.asked
    assert asked.headers["peer"] == "operator.example.com"
    assert "authorization" not in asked.headers


async def test_a_redirect_is_returned_and_not_followed(tmp_path: Path) -> None:
    async def elsewhere(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        return await say(writer, b"", 302, Location="/login", Set_Cookie="a=b")

    async with transport_to(tmp_path, elsewhere) as (transport, server):
        assert (await transport.send(GET)).status == 302
        await transport.send(GET)
    assert [asked.target for asked in server.asked] == ["/api/v1/pods"] * 2
    assert "cookie" not in server.asked[1].headers


async def test_no_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    async with transport_to(tmp_path, ok) as (transport, _):
        assert (await transport.send(GET)).status == 201


async def test_a_stream_comes_line_by_line_as_it_is_written(tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def two_lines(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await start_chunked(writer)
        await chunk(writer, b'{"n":1}\n{"n"')
        await go_on.wait()
        await chunk(writer, b":2}\n")
        await chunk(writer, b"")
        return True

    async with transport_to(tmp_path, two_lines) as (transport, server), transport.stream(WATCH) as stream:
        assert stream.status == 200
        assert await anext(stream.lines) == b'{"n":1}'
        go_on.set()
        assert [line async for line in stream.lines] == [b'{"n":2}']
    assert server.asked[0].target == "/api/v1/pods?watch=1"


async def test_a_line_may_be_as_long_as_an_object(tmp_path: Path) -> None:
    long_line = b"x" * 1_500_000

    async def long(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await start_chunked(writer)
        await chunk(writer, long_line + b"\n")
        await chunk(writer, b"")
        return True

    async with transport_to(tmp_path, long) as (transport, _), transport.stream(WATCH) as stream:
        assert [line async for line in stream.lines] == [long_line]


async def test_a_stream_that_breaks_off_raises(tmp_path: Path) -> None:
    async def broken(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await start_chunked(writer)
        await chunk(writer, b"a\nhalf a li")
        return False

    async with transport_to(tmp_path, broken) as (transport, _), transport.stream(WATCH) as stream:
        assert await anext(stream.lines) == b"a"
        with pytest.raises(NoAnswer):
            await anext(stream.lines)


async def test_a_silent_stream_is_given_up(tmp_path: Path) -> None:
    async def silent(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await start_chunked(writer)
        return await never(asked, writer)

    async with transport_to(tmp_path, silent, silence=0.05) as (transport, _), transport.stream(WATCH) as stream:
        with pytest.raises(NoAnswer):
            await anext(stream.lines)


async def test_a_stream_whose_headers_do_not_come_in_time_counts_as_no_answer(tmp_path: Path) -> None:
    async with transport_to(tmp_path, never) as (transport, _):
        with pytest.raises(NoAnswer):
            async with transport.stream(Request("GET", "/x", timeout=0.05)):
                raise AssertionError


async def test_leaving_a_stream_closes_its_connection(tmp_path: Path) -> None:
    closed = asyncio.Event()

    async def endless(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await start_chunked(writer)
        await chunk(writer, b"a\n")
        await writer.wait_closed()
        closed.set()
        return False

    async with transport_to(tmp_path, endless) as (transport, _):
        async with transport.stream(WATCH) as stream:
            assert await anext(stream.lines) == b"a"
        async with asyncio.timeout(5):
            await closed.wait()
