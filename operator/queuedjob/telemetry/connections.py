"""An HTTP server with a bounded number of connections, in which no client can hold the place of another one."""

import asyncio
from collections import Counter
from typing import Final

from aiohttp import web

CONNECTIONS: Final = 32
"""Connections that may be open. The kubelet needs two at a time, and each scraper one."""

IDLE: Final = 5.0
"""Seconds in which a whole request must have come, since the connection opened or since the last answer."""


class BoundedServer(web.Server):
    """aiohttp's server. Where too many connections are open, the oldest one of the busiest address is closed.

    So a new client always gets a connection. A client that opens many of them closes its own ones, and not those of the
    kubelet, which comes from another address. An answer that is under way is cut off, too: its client may be reading it
    too slowly on purpose.
    """

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Count a new connection, and close another one if there are too many."""
        super().connection_made(handler, transport)
        opened = {connection: each for connection in self.connections if (each := _transport(connection)) is not None}
        if len(opened) > CONNECTIONS:
            addresses = Counter(map(_address, opened))
            busiest = max(addresses.values())
            oldest = next(connection for connection in opened if addresses[_address(connection)] == busiest)
            opened[oldest].abort()  # close() would wait until the client has read all that was sent


def _transport(connection: web.RequestHandler) -> asyncio.Transport | None:
    """The transport of a connection; None if it is closed."""
    transport = connection.transport
    return None if transport is None or transport.is_closing() else transport


def _address(connection: web.RequestHandler) -> str:
    """The client's IP address; empty where it is not known any more."""
    peer = connection.peername
    return peer[0] if peer else ""
