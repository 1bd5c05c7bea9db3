"""Long computations, in parts that a turn of the event loop has room for.

The loop runs all tasks that are ready before it looks at its sockets again. Fifty jobs whose patterns take 20 ms each
to compile would keep probes and requests waiting for a second if they were planned on in one turn. So would a page of
500 large jobs, of which reading one takes 12 ms: tenants decide how large their jobs are.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

PartT = TypeVar("PartT")

OBJECTS: Final = 8
"""Objects from the API server that are read in one turn: 0.1 s if all are as large as admission allows, 1 ms if none
is. One alone would be too few: in a busy operator a turn takes some milliseconds, and a page has 500 objects."""


async def in_turns(
    parts: Iterable[PartT], each: int = 1, *, weight: Callable[[PartT], int] = lambda _: 1
) -> AsyncIterator[PartT]:
    """Yield the parts of a computation. After parts that weigh `each` together, all tasks run that are ready."""
    done = 0
    for part in parts:
        yield part
        done += weight(part)
        if done >= each:
            done = 0
            await asyncio.sleep(0)


class LoopTurns:
    """Gives out turns of the event loop, each to so many tasks, first come, first served."""

    def __init__(self, each: int = 1) -> None:
        self._each = each
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._admits = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Enter in a turn of the loop in which no more than `each` tasks enter. The body must not wait for anything."""
        loop = asyncio.get_running_loop()
        ticket = loop.create_future()
        self._waiting.append(ticket)
        if not self._admits:
            self._admits = True
            loop.call_soon(self._admit)
        await ticket
        yield

    def _admit(self) -> None:
        """Let the first tasks in: they go on in the next turn of the loop."""
        admitted = 0
        while self._waiting and admitted < self._each:
            ticket = self._waiting.popleft()
            if not ticket.done():  # its task was cancelled while it waited
                ticket.set_result(None)
                admitted += 1
        self._admits = bool(self._waiting)
        if self._admits:
            asyncio.get_running_loop().call_soon(self._admit)
