"""The Transport port over aiohttp."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.errors import NotSent, TermOver
from queuedjob.kube.client.lines import LineCutter, LineTooLong
from queuedjob.kube.client.session import MAY_SEND, NotAnyMore, open_session
from queuedjob.kube.client.sockets import UNACKNOWLEDGED
from queuedjob.ports import AnswerTooLarge, Lines, NoAnswer, Request, Response

_CONNECT_TIMEOUT: Final = 5.0
"""Seconds to establish TCP and TLS."""

_SILENCE: Final = 120.0
"""Seconds without a byte after which a stream counts as lost, whatever limit its reader has: two bookmark intervals."""


_LARGE: Final = 1 << 20
"""Size in bytes above which aiohttp warns of a body passed as bytes (aiohttp/payload.py, TOO_LARGE_BYTES_BODY)."""


class AiohttpTransport:
    """Sends requests to one API server over HTTP/1.1. As an async context manager, it owns the connections.

    `connections`: how many may be open at a time; 0 for no limit. `silence`: seconds without a byte after which a
    stream counts as lost. `unacknowledged`: seconds after which the kernel gives up a connection (sockets.py).
    """

    def __init__(
        self,
        connection: Connection,
        *,
        connections: int = 100,
        silence: float = _SILENCE,
        unacknowledged: float = UNACKNOWLEDGED,
    ) -> None:
        self._connection = connection
        self._session = open_session(connection, limit=connections, middlewares=(_once,), unacknowledged=unacknowledged)
        self._whole = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT)
        self._streamed = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=silence)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def send(self, request: Request) -> Response:
        """Send one request and return the whole answer, whatever its status.

        Raises NoAnswer; NotSent if it is certain that the request was not sent, TermOver if it may not be any more;
        AnswerTooLarge.
        """
        asked = MAY_SEND.set(request.may_send)
        try:
            async with asyncio.timeout(request.timeout):
                await self._connection.refresh()
                async with self._open(request, self._whole) as answer:
                    return Response(answer.status, _headers(answer), await _body(request, answer))
        except NotAnyMore as late:
            raise TermOver(f"{request.method} {request.path}: the term was over before the first byte") from late
        except _NETWORK_ERRORS as error:
            raise _no_answer(request, error) from error
        finally:
            MAY_SEND.reset(asked)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        """Send one request and read its answer line by line. Raises NoAnswer, also while the lines are iterated."""
        try:
            async with asyncio.timeout(request.timeout):
                await self._connection.refresh()
                answer = await self._open(request, self._streamed)
        except _NETWORK_ERRORS as error:
            raise _no_answer(request, error) from error
        try:
            yield Lines(answer.status, _headers(answer), self._lines(request, answer))
        finally:
            answer.close()  # not released: the rest of a watch never arrives, so its connection cannot be used again

    async def _lines(self, request: Request, answer: ClientResponse) -> AsyncIterator[bytes]:
        cutter = LineCutter()
        try:
            async for chunk in answer.content.iter_any():
                for line in cutter.feed(chunk):
                    yield line
        except (*_NETWORK_ERRORS, LineTooLong) as error:
            raise _no_answer(request, error) from error

    def _open(self, request: Request, timeout: aiohttp.ClientTimeout) -> aiohttp.client._RequestContextManager:
        """Make the request. It uses no connection that was opened with other certificates than the present ones."""
        query = f"?{urlencode(request.query)}" if request.query else ""
        return self._session.request(
            request.method,
            URL(f"{self._connection.server}{quote(request.path)}{query}", encoded=True),
            data=_in_parts(request.body),
            headers=request.headers,
            allow_redirects=False,
            ssl=self._connection.ssl,
            timeout=timeout,
        )


_NETWORK_ERRORS: Final = (aiohttp.ClientError, TimeoutError, OSError)


async def _once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Prevent aiohttp from sending a PUT or DELETE a second time after a reused connection broke during the first.

    aiohttp sends again only after its own errors, so this middleware raises NoAnswer instead.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NoAnswer(f"{request.method} {request.url.path}: {error}") from error


async def _body(request: Request, answer: ClientResponse) -> bytes:
    """Read the body, or its last bytes (`request.last`). Raises AnswerTooLarge."""
    if request.last is not None:
        return await _end_of_body(answer, request.last)
    if request.largest is None:
        return await answer.read()
    parts, size = [], 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > request.largest:
            answer.close()  # the rest is not read, so the connection cannot be used again
            raise AnswerTooLarge(answer.status, f"{request.method} {request.path}: more than {request.largest} bytes")
    return b"".join(parts)


async def _end_of_body(answer: ClientResponse, last: int) -> bytes:
    """Read the whole body and keep its last bytes. At no time are more than twice that many kept."""
    kept = bytearray()
    async for part in answer.content.iter_chunked(last):
        kept += part
        del kept[:-last]
    return bytes(kept)


def _in_parts(body: bytes | None) -> bytes | io.BytesIO | None:
    """Wrap a large body in a file: aiohttp sends a file in parts, and other tasks can run between the parts."""
    return io.BytesIO(body) if body is not None and len(body) > _LARGE else body


def _headers(answer: ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


def _no_answer(request: Request, error: Exception) -> NoAnswer:
    unsent = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    kind = NotSent if unsent else NoAnswer
    return kind(f"{request.method} {request.path}: {str(error) or type(error).__name__}")
