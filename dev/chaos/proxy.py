"""A proxy between operator and API server: it forwards bytes, and disturbs them in bad weather. TLS passes, too."""

import asyncio
import enum
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_CHUNK: Final = 64 * 1024
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""struct linger: on, for 0 seconds (socket(7))."""


class Weather(enum.Enum):
    """What happens to connections while this weather lasts."""

    CALM = enum.auto()
    DROPPED = enum.auto()
    """All connections are closed, and new ones at once."""
    RESET = enum.auto()
    """The same, by RST."""
    DELAYED = enum.auto()
    """Every piece is delayed."""
    TRUNCATED = enum.auto()
    """The first half of an answer's next piece arrives, then the connection is closed."""
    MUTE = enum.auto()
    """Requests arrive, answers do not; connections that lost an answer are reset when the weather changes."""


class _Connection:
    """One client's connection, with its own connection to the server."""

    def __init__(self, *ends: asyncio.StreamWriter) -> None:
        self._ends = ends
        self.lost = False
        """An answer was withheld: the connection can only be ended."""

    def close(self) -> None:
        for end in self._ends:
            end.close()

    def reset(self) -> None:
        for end in self._ends:
            with suppress(OSError):  # the connection is closed already
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            end.transport.abort()


class Proxy:
    """Listens on the loopback device. `lag` returns the seconds by which a piece is delayed in DELAYED weather."""

    def __init__(self, host: str, port: int, lag: Callable[[], float]) -> None:
        self._server = host, port
        self._lag = lag
        self._weather = Weather.CALM
        self._open: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self.connections = 0
        """The number of connections."""
        self.cut_off = 0
        """The number of truncated answers."""
        self.withheld = 0
        """The number of lost pieces of answers."""

    async def start(self) -> int:
        """Start to listen and return the port."""
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Stop listening and end all connections."""
        if self._listening is not None:
            self._listening.close()
        self._end_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def become(self, weather: Weather) -> None:
        """Apply this weather from now on."""
        for connection in [each for each in self._open if each.lost]:
            connection.reset()
        self._weather = weather
        if weather is Weather.DROPPED:
            for connection in list(self._open):
                connection.close()
        if weather is Weather.RESET:
            self._end_all()

    def _end_all(self) -> None:
        for connection in list(self._open):
            connection.reset()

    async def _serve(self, client_reads: asyncio.StreamReader, client_writes: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        if self._weather is Weather.DROPPED:
            client_writes.close()
            return
        if self._weather is Weather.RESET:
            _Connection(client_writes).reset()
            return
        try:
            server_reads, server_writes = await asyncio.open_connection(*self._server)
        except OSError:  # the server is down: the client sees a reset, as it would without the proxy
            _Connection(client_writes).reset()
            return
        connection = _Connection(client_writes, server_writes)
        self._open.add(connection)
        try:
            await asyncio.gather(
                self._pump(connection, client_reads, server_writes, answers=False),
                self._pump(connection, server_reads, client_writes, answers=True),
            )
        except OSError:
            connection.reset()
        finally:
            self._open.discard(connection)
            connection.close()

    async def _pump(
        self, connection: _Connection, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        """Forward until the source ends; then close the sink, after all data."""
        while piece := await source.read(_CHUNK):
            match self._weather:
                case Weather.DELAYED:
                    await asyncio.sleep(self._lag())
                case Weather.TRUNCATED if answers:
                    self.cut_off += 1
                    sink.write(piece[: len(piece) // 2])
                    connection.close()
                    return
                case Weather.MUTE if answers:
                    self.withheld += 1
                    connection.lost = True
                case _:
                    pass
            if not connection.lost or not answers:
                sink.write(piece)
                await sink.drain()
        sink.close()
