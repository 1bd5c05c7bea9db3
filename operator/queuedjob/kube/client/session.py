"""HTTP sessions to the API server, the same for our own requests and for kopf's."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse, hdrs
from aiohttp.connector import Connection as HttpConnection

from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.sockets import UNACKNOWLEDGED, open_socket

_KEEPALIVE: Final = 30.0
"""Seconds that an idle connection is kept. This is well below the API server's 90 s (and the 60 s of load balancers),
so that no write is sent on a connection that the other side is closing. Such a write would count as a lost answer."""


def open_session(
    connection: Connection,
    *,
    limit: int,
    middlewares: Sequence[ClientMiddlewareType] = (),
    response_class: type[ClientResponse] = ClientResponse,
    unacknowledged: float = UNACKNOWLEDGED,
) -> aiohttp.ClientSession:
    """Open a session that authenticates each request. `limit`: most connections, 0 for no limit.

    `unacknowledged`: seconds after which the kernel gives up a connection (sockets.py).

    The session uses no proxy from the environment and no cookies, only the connection's settings. A request that names
    no SSL context of its own uses the certificates of this moment. Call this function in a running event loop.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=limit,
            ssl=connection.ssl,
            keepalive_timeout=_KEEPALIVE,
            socket_factory=partial(open_socket, unacknowledged=unacknowledged),
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={hdrs.USER_AGENT: "queuedjob", hdrs.ACCEPT: "application/json"},
        middlewares=(*middlewares, _Identity(connection), _abort_if_given_up),
        request_class=_Request,
        response_class=response_class,
        trust_env=False,
    )


class _Identity:
    """Adds the credentials to each request. It uses the current token: a session outlives many tokens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if authorization := await self._connection.authorization():
            request.headers[hdrs.AUTHORIZATION] = authorization
        if self._connection.server_name:
            request.server_hostname = self._connection.server_name
        try:
            response = await handler(request)
        except aiohttp.ClientError as error:
            if _may_be_about_certificates(error):
                self._connection.refused()
            raise
        if response.status == HTTPStatus.UNAUTHORIZED:
            self._connection.refused()
        return response


def _may_be_about_certificates(error: aiohttp.ClientError) -> bool:
    """Whether the handshake failed, or the server hung up: it may refuse a client certificate after the handshake."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return isinstance(error, aiohttp.ClientSSLError)
    return isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError)


MAY_SEND: Final[ContextVar[Callable[[], bool] | None]] = ContextVar("MAY_SEND", default=None)
"""Asked right before the first byte of a request that this task makes; None: the request may be sent."""


class NotAnyMore(Exception):  # noqa: N818 - named after what the answer to MAY_SEND was
    """The request may not be sent any more, and was not."""


class _Request(ClientRequest):
    """A request that remembers the connection on which it was sent."""

    carrier: asyncio.Transport | None = None

    async def send(self, conn: HttpConnection) -> ClientResponse:
        if (may_send := MAY_SEND.get()) is not None and not may_send():
            raise NotAnyMore
        self.carrier = conn.transport
        return await super().send(conn)


async def _abort_if_given_up(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Abort the connection of a request that gets no answer, so that nothing more of the request is sent.

    aiohttp only closes the connection: asyncio then waits up to 30 s for the peer's end of TLS, and sends meanwhile.
    """
    try:
        return await handler(request)
    except BaseException:
        if isinstance(request, _Request) and request.carrier is not None:
            request.carrier.abort()
        raise
