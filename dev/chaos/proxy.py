"""What stands between operator and API server: bytes pass through, unless the weather is bad. TLS passes, too."""

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
    """What happens to connections while it lasts."""

    CALM = enum.auto()
    DROPPED = enum.auto()
    """All are closed, and new ones at once."""
    RESET = enum.auto()
    """The same, by RST."""
    DELAYED = enum.auto()
    """Every piece waits."""
    TRUNCATED = enum.auto()
    """The first half of an answer's next piece arrives, then the connection is closed."""
    MUTE = enum.auto()
    """Requests arrive, answers do not; what was open then is reset when the weather changes."""


class _Connection:
    """One client's, with its own to the server."""

    def __init__(self, *ends: asyncio.StreamWriter) -> None:
        self._ends = ends
        self.lost = False
        """An answer was withheld: it can only be ended."""

    def close(self) -> None:
        for end in self._ends:
            end.close()

    def reset(self) -> None:
        for end in self._ends:
            with suppress(OSError):  # it is closed already
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            end.transport.abort()


class Proxy:
    """Listens on the loopback device. `lag` gives the seconds for which a piece waits in DELAYED weather."""

    def __init__(self, host: str, port: int, lag: Callable[[], float]) -> None:
        self._server = host, port
        self._lag = lag
        self._weather = Weather.CALM
        self._open: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self.connections = 0
        """So many were made."""
        self.cut_off = 0
        """So many answers were truncated."""
        self.withheld = 0
        """So many pieces of answers were lost."""

    async def start(self) -> int:
        """Returns the port."""
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Ends everything."""
        if self._listening is not None:
            self._listening.close()
        self._end_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def become(self, weather: Weather) -> None:
        """From now on."""
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
        except OSError:  # it is down: so the client learns, as it would without us
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
        """Until the source ends; then the sink does, when all is through."""
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
